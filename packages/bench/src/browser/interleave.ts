/** Rounds in which every candidate has its turn, each beginning with another one, within the time of a case. */
import type { Outcome } from './outcome.ts';

/** Milliseconds that one case may take. */
export const CASE_BUDGET_MS: number = 5 * 60_000;

export interface Turn<Figures> {
  readonly label: string;
  /** @param leftMs what is left of the time of the case, milliseconds */
  measure(leftMs: number): Promise<Outcome<Figures>>;
}

export interface Results<Figures> {
  readonly label: string;
  readonly figures: readonly Figures[];
  /** Why it failed, each time. */
  readonly failures: readonly string[];
}

/**
 * After the first round nobody begins who would not end in time, by what the last turn took; and whoever has failed does
 * not begin again.
 */
export async function interleave<Figures>(
  title: string,
  turns: readonly Turn<Figures>[],
  rounds: number,
  progress: (text: string) => void,
): Promise<Results<Figures>[]> {
  const end = performance.now() + CASE_BUDGET_MS;
  const taken = turns.map(({ label }) => ({ label, lastMs: 0, figures: [] as Figures[], failures: [] as string[] }));
  for (let round = 0; round < rounds; round += 1) {
    progress(`${title}: round ${round + 1} of ${rounds}`);
    for (let offset = 0; offset < turns.length; offset += 1) {
      const index = (round + offset) % turns.length;
      const [turn, results] = [turns[index], taken[index]];
      if (turn === undefined || results === undefined) continue;
      if (round > 0 && performance.now() + results.lastMs > end) continue;
      if (results.failures.length > 0) continue;
      const startedAt = performance.now();
      const outcome = await turn.measure(Math.max(0, end - startedAt));
      results.lastMs = performance.now() - startedAt;
      if ('figures' in outcome) results.figures.push(outcome.figures);
      else results.failures.push(outcome.failed);
      progress(
        `  ${turn.label}: ${'figures' in outcome ? `${(results.lastMs / 1_000).toFixed(1)} s` : outcome.failed}`,
      );
    }
  }
  return taken.map(({ label, figures, failures }) => ({ label, figures, failures }));
}
