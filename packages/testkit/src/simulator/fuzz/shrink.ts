/** Makes a failing plan small: fewer steps, while it fails in the same way (delta debugging; Zeller 1999). */
import type { Plan } from './plan.ts';
import { type Outcome, runPlan } from './run.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
}

/** @param mostRuns how often the plan may be run for it */
export async function shrink(plan: Plan, outcome: Outcome, mostRuns = 300): Promise<Shrunk> {
  const kind = kindOf(outcome);
  // What comes after the failure has no part in it.
  let best: Shrunk = {
    plan: { ...plan, steps: plan.steps.slice(0, (outcome.failedAt ?? plan.steps.length) + 1) },
    outcome,
  };
  let runs = 0;
  const accepts = async (candidate: Plan): Promise<boolean> => {
    runs++;
    const tried = await runPlan(candidate);
    if (tried.failures.length === 0 || kindOf(tried) !== kind) return false;
    best = { plan: candidate, outcome: tried };
    return true;
  };
  for (let size = Math.ceil(best.plan.steps.length / 2); size >= 1 && runs < mostRuns; ) {
    let smaller = false;
    for (let from = 0; from < best.plan.steps.length && runs < mostRuns; ) {
      const { steps } = best.plan;
      const without = [...steps.slice(0, from), ...steps.slice(from + size)];
      if (await accepts({ ...best.plan, steps: without })) smaller = true;
      else from += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!smaller) break;
  }
  return best;
}

/** The first failure without what differs from run to run: numbers and names of replicas. */
function kindOf({ failures }: Outcome): string {
  const first = failures[0] ?? '';
  return first
    .replaceAll(/\{.*\}|\[.*\]/g, '')
    .replaceAll(/[A-Za-z0-9_-]{16}/g, 'actor')
    .replaceAll(/\d+/g, 'n');
}
