import { useState } from 'preact/hooks';
import type { Undo } from './notes/actions.ts';
import { type Problem, problemOf } from './pool/advice.ts';
import { track } from './writes.ts';

export interface Actions {
  readonly undo: Undo | undefined;
  readonly problem: Problem | undefined;
  /** Every action ends here: its way back is offered, its failure is shown. */
  run(action: Promise<Undo | undefined>): void;
  dismiss(): void;
}

export function useActions(): Actions {
  const [undo, setUndo] = useState<Undo>();
  const [problem, setProblem] = useState<Problem>();
  return {
    undo,
    problem,
    run(action) {
      track(action).then(
        (next) => {
          setProblem(undefined);
          setUndo(next);
        },
        (error: unknown) => setProblem(problemOf(error)),
      );
    },
    dismiss: () => setUndo(undefined),
  };
}
