/** Ranges of pushed writes that cannot count yet, because an earlier one of the same author is still to come. */
import type { Vector } from '@rxdb-p2p/protocol';

/** The author's writes after `previous` up to `seq` have all been stored. */
export interface PushRange {
  readonly actor: string;
  readonly previous: number;
  readonly seq: number;
}

export interface PushRanges {
  /** The vector after one more range and all kept ones that count by now; `keep` once it is persisted. */
  plan(vector: Vector, range: PushRange | null): { readonly vector: Vector; readonly waiting: readonly PushRange[] };
  keep(waiting: readonly PushRange[]): void;
}

/** Ranges to keep; the oldest is forgotten, and its writes are then asked for with WANT. */
const MAX_RANGES = 1_024;

export function createPushRanges(): PushRanges {
  let kept: readonly PushRange[] = [];
  return {
    plan(vector, range) {
      let waiting = range === null ? kept : [...kept, range];
      const next = new Map(vector);
      for (let moved = waiting.length > 0; moved; ) {
        moved = false;
        const still: PushRange[] = [];
        for (const candidate of waiting) {
          const reached = next.get(candidate.actor) ?? 0;
          if (reached >= candidate.seq) continue;
          if (reached < candidate.previous) still.push(candidate);
          else {
            next.set(candidate.actor, candidate.seq);
            moved = true;
          }
        }
        waiting = still;
      }
      const changed = [...next].some(([actor, seq]) => vector.get(actor) !== seq);
      return { vector: changed ? next : vector, waiting };
    },
    keep(waiting) {
      kept = waiting.slice(-MAX_RANGES);
    },
  };
}
