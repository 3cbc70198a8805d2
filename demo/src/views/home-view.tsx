import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { NONE_OPEN } from '../boards/none.ts';
import { Icon } from '../components/icon.tsx';
import { NewBoard } from '../components/new-board.tsx';
import { ProblemNote } from '../components/problem-note.tsx';
import { ShelfRow } from '../components/shelf-row.tsx';
import { useOpenSession } from '../device/session-context.ts';
import { type Problem, problemOf } from '../pool/advice.ts';
import { SETTINGS } from '../route.ts';
import { useObservable } from '../use-observable.ts';

export function HomeView(): JSX.Element {
  const { boards: shelf } = useOpenSession();
  const boards = useObservable(shelf.boards$, undefined);
  const opened = useObservable(shelf.opened$, NONE_OPEN);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    document.title = 'Boards';
  }, []);
  const run = (action: Promise<unknown>): void => {
    action.then(
      () => setProblem(undefined),
      (error: unknown) => setProblem(problemOf(error)),
    );
  };
  if (boards === undefined) return <main class="page narrow" aria-busy="true" />;
  const [inUse, away] = [boards.filter(({ open }) => open), boards.filter(({ open }) => !open)];
  return (
    <main class="page narrow start">
      <header class="home-top">
        <img class="logo" src="./icon.svg" alt="" width="44" height="44" />
        <h1>Boards</h1>
        <a class="icon-button" href={SETTINGS} aria-label="Settings" title="Settings">
          <Icon name="gear" />
        </a>
      </header>
      {boards.length === 0 ? (
        <p class="lead">
          Shopping, trips, chores: lists that you keep together, on every device, with or without a network.
        </p>
      ) : (
        <section class="shelf" aria-label="Your boards">
          <ul class="card">
            {inUse.map((board) => (
              <ShelfRow key={board.id} board={board} opened={opened.get(board.id)} onRun={run} />
            ))}
          </ul>
          {away.length > 0 && (
            <>
              <h2>Put away</h2>
              <ul class="card">
                {away.map((board) => (
                  <ShelfRow key={board.id} board={board} opened={undefined} onRun={run} />
                ))}
              </ul>
            </>
          )}
        </section>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      <NewBoard first={boards.length === 0} onProblem={setProblem} />
      <ul class="facts fine">
        <li>Works without a network. Changes wait and are sent when your devices meet.</li>
        <li>Notes go straight from device to device. A small server introduces them, and never sees a note.</li>
        <li>If two people change the same thing at once, both versions are kept until one of you decides.</li>
      </ul>
    </main>
  );
}
