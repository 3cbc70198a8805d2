import type { JSX } from 'preact';
import { advice, type Problem, withoutCode } from '../pool/advice.ts';

export function ProblemNote({ problem }: { readonly problem: Problem }): JSX.Element {
  const todo = advice(problem);
  const message = withoutCode(problem);
  return (
    <div class="problem" data-code={problem.code}>
      <p>{todo}</p>
      <p class="fine">
        <code>{problem.code}</code> {message === todo ? '' : message}
      </p>
    </div>
  );
}
