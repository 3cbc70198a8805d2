/** What does not work now, told to the owner of a transport when it changes and not with every new attempt. */
import type { P2PError } from '@rxdb-p2p/protocol';

export interface Problems {
  /** `subject`: what has the problem, such as a room. */
  report(subject: string, problem: P2PError): void;
  solve(subject: string): void;
}

export function createProblems(onProblem: (problem: P2PError | undefined) => void): Problems {
  const current = new Map<string, P2PError>();
  return {
    report(subject, problem) {
      const known = current.get(subject);
      current.set(subject, problem);
      if (known?.code !== problem.code) onProblem(problem);
    },
    solve(subject) {
      if (!current.delete(subject)) return;
      onProblem([...current.values()].at(-1));
    },
  };
}
