/** What many runs have done, for people who want to know what was tried. */
import type { Outcome } from './run.ts';

export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly writes: number;
  readonly frames: number;
  /** how often each thing happened */
  readonly faults: Readonly<Record<string, number>>;
  readonly failed: readonly { readonly seed: number; readonly failure: string }[];
}

export function emptyTally(): Tally {
  return { seeds: 0, steps: 0, writes: 0, frames: 0, faults: {}, failed: [] };
}

export function addOutcome(tally: Tally, seed: number, { writes, frames, faults, steps, failures }: Outcome): Tally {
  const failed = failures.length === 0 ? [] : [{ seed, failure: failures[0] ?? '' }];
  return joinTallies(tally, { seeds: 1, steps, writes, frames, faults, failed });
}

export function joinTallies(a: Tally, b: Tally): Tally {
  const faults: Record<string, number> = { ...a.faults };
  for (const [name, count] of Object.entries(b.faults)) faults[name] = (faults[name] ?? 0) + count;
  return {
    seeds: a.seeds + b.seeds,
    steps: a.steps + b.steps,
    writes: a.writes + b.writes,
    frames: a.frames + b.frames,
    faults,
    failed: [...a.failed, ...b.failed].sort((one, other) => one.seed - other.seed),
  };
}

export function tellTally({ seeds, steps, writes, frames, faults, failed }: Tally): string {
  const kinds = Object.entries(faults).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `${seeds} seeds, ${steps} steps, ${writes} versions, ${frames} frames; ${failed.length} failed`,
    kinds.map(([name, count]) => `${name} ${count}`).join(', '),
    ...failed.slice(0, 20).map(({ seed, failure }) => `seed ${seed}: ${failure.slice(0, 200)}`),
  ].join('\n');
}
