import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { P2PPool } from 'rxdb-p2p';
import { type Problem, problemOf } from '../advice.ts';
import type { Item } from '../database.ts';
import { when } from '../phrases.ts';
import { ProblemNote } from './problem-note.tsx';

/** Different problems remembered: enough to see what led to the last one. */
const REMEMBERED_PROBLEMS = 5;

interface PastProblem extends Problem {
  readonly time: number;
}

/** Problems that came and maybe went; the one that lasts is shown above, and does not need opening. */
interface Props {
  readonly pool: P2PPool<Item> | undefined;
  /** What is shown elsewhere already. */
  readonly current: Problem | undefined;
}

export function PastProblems({ pool, current }: Props): JSX.Element | null {
  const [problems, setProblems] = useState<readonly PastProblem[]>([]);
  useEffect(() => {
    const subscription = pool?.error$.subscribe((error) => {
      const problem = { ...problemOf(error), time: Date.now() };
      setProblems((past) =>
        [problem, ...past.filter((other) => other.message !== problem.message)].slice(0, REMEMBERED_PROBLEMS),
      );
    });
    return () => subscription?.unsubscribe();
  }, [pool]);
  const past = problems.filter((problem) => problem.message !== current?.message);
  if (past.length === 0) return null;
  return (
    <details class="past-problems">
      <summary>Earlier problems</summary>
      <ul>
        {past.map((problem) => (
          <li key={problem.message}>
            <p class="fine">{when(problem.time)}</p>
            <ProblemNote problem={problem} />
          </li>
        ))}
      </ul>
    </details>
  );
}
