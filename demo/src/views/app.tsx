import type { JSX } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { ProblemNote } from '../components/problem-note.tsx';
import { SessionContext } from '../device/session-context.ts';
import { later } from '../later.tsx';
import { INSECURE_PAGE, problemOf } from '../pool/advice.ts';
import { readRoute } from '../route.ts';
import { useSession } from '../use-session.ts';
import { HomeView } from './home-view.tsx';
import { UnlockView } from './unlock-view.tsx';

// The first view is small; the others come when they are needed.
const BoardView = later(async () => (await import('./board-view.tsx')).BoardView);
const DevicesView = later(async () => (await import('./devices-view.tsx')).DevicesView);
const JoinView = later(async () => (await import('./join-view.tsx')).JoinView);
const SettingsView = later(async () => (await import('./settings-view.tsx')).SettingsView);

/** An invitation that waits for an answer. */
interface Arrival {
  readonly text: string;
}

export function App({ arrival }: { readonly arrival: Arrival | undefined }): JSX.Element {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  const [answered, setAnswered] = useState<Arrival>();
  const { session, needsPassword, problem, unlock } = useSession();
  const [error] = useErrorBoundary();
  useEffect(() => {
    const follow = (): void => setRoute(readRoute(location.hash));
    addEventListener('hashchange', follow);
    // It may have changed while this was drawn for the first time.
    follow();
    return () => removeEventListener('hashchange', follow);
  }, []);

  if (!isSecureContext) return <Stopped title="This page cannot work here" problem={INSECURE_PAGE} />;
  if (error !== undefined) return <Stopped title="Something broke" problem={problemOf(error)} />;
  if (session === undefined) {
    if (needsPassword) return <UnlockView invited={arrival !== undefined} onUnlock={unlock} />;
    if (problem !== undefined) return <Stopped title="Your boards cannot be opened" problem={problem} />;
    return <main class="page narrow" aria-busy="true" />;
  }
  return (
    <SessionContext.Provider value={session}>
      {arrival !== undefined && arrival !== answered ? (
        <JoinView arrival={arrival.text} onDone={() => setAnswered(arrival)} />
      ) : route.view === 'board' ? (
        <BoardView key={route.id} id={route.id} />
      ) : route.view === 'devices' ? (
        <DevicesView key={route.id} id={route.id} />
      ) : route.view === 'settings' ? (
        <SettingsView />
      ) : (
        <HomeView />
      )}
    </SessionContext.Provider>
  );
}

function Stopped(props: { readonly title: string; readonly problem: ReturnType<typeof problemOf> }): JSX.Element {
  return (
    <main class="page narrow">
      <h1>{props.title}</h1>
      <p>What you wrote is safe on this device. Reload the page to go on.</p>
      <ProblemNote problem={props.problem} />
      <button type="button" class="primary" onClick={() => location.reload()}>
        Reload
      </button>
    </main>
  );
}
