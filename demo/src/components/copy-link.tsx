import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** How long "Link copied" stays, milliseconds: enough to read two words. */
const COPIED_MS = 2500;

type State = 'ready' | 'copied' | 'by-hand';

export function CopyLink(): JSX.Element {
  const [state, setState] = useState<State>('ready');
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (state === 'by-hand') field.current?.select();
    if (state !== 'copied') return;
    const timer = setTimeout(() => setState('ready'), COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(location.href);
      setState('copied');
    } catch {
      // No permission, or no clipboard on an insecure origin: the person can copy the selected text.
      setState('by-hand');
    }
  };

  return (
    <div class="copy-link">
      {state === 'by-hand' && (
        <input ref={field} class="link-text" readOnly value={location.href} aria-label="Link to this list" />
      )}
      <button type="button" class="quiet" onClick={copy}>
        <Icon name={state === 'copied' ? 'check' : 'link'} />
        <span aria-live="polite">{state === 'copied' ? 'Link copied' : 'Copy link'}</span>
      </button>
    </div>
  );
}
