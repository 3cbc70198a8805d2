import type { JSX } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { problemOf } from '../advice.ts';
import { listFromHash } from '../route.ts';
import { ListPage } from './list-page.tsx';
import { ProblemNote } from './problem-note.tsx';
import { StartPage } from './start-page.tsx';

export function App(): JSX.Element {
  const [name, setName] = useState(() => listFromHash(location.hash));
  const [error] = useErrorBoundary();
  useEffect(() => {
    const follow = (): void => setName(listFromHash(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  if (error !== undefined) {
    return (
      <main class="page narrow">
        <h1>Something broke</h1>
        <p>Your lists are safe on this device. Reload the page to go on.</p>
        <ProblemNote problem={problemOf(error)} />
        <button type="button" class="primary" onClick={() => location.reload()}>
          Reload
        </button>
      </main>
    );
  }
  return name === '' ? <StartPage /> : <ListPage key={name} name={name} />;
}
