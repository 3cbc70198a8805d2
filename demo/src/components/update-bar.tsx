import type { JSX } from 'preact';
import type { Updates } from '../update.ts';
import { useObservable } from '../use-observable.ts';

export function UpdateBar({ updates }: { readonly updates: Updates }): JSX.Element {
  const waiting = useObservable(updates.waiting$, false);
  return (
    <div class="update" role="status">
      {waiting && (
        <p>
          A new version is ready.{' '}
          <button type="button" onClick={() => updates.take().catch(reportError)}>
            Use it now
          </button>
        </p>
      )}
    </div>
  );
}
