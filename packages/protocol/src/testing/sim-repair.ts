/** What a simulated replica answers to the questions of a repair. */
import { compareRanges, idsThatDiffer, sumRanges } from '../session/comparison.ts';
import type { SyncEffect, SyncInput } from '../session/sync-types.ts';
import type { Random } from './random.ts';
import type { SimReplica } from './sim-replica.ts';

export function answerRepair(
  effect: SyncEffect & { type: 'sum' | 'compare' | 'look' | 'fetch' },
  { heads, holdings }: SimReplica,
  random: Random,
): SyncInput {
  const { neighbour, want } = effect;
  switch (effect.type) {
    case 'sum':
      return { type: 'summed', neighbour, want, ranges: sumRanges(holdings, effect.after) };
    case 'compare':
      return { type: 'compared', neighbour, want, ...compareRanges(holdings, effect.after, effect.ranges) };
    case 'look':
      return { type: 'looked', neighbour, want, ids: idsThatDiffer(holdings, effect.items) };
    case 'fetch': {
      // A batch takes what it takes: the rest is asked for again.
      const ids = effect.ids.slice(0, 1 + random.int(3));
      return { type: 'fetched', neighbour, want, versions: ids.flatMap((id) => heads.get(id) ?? []) };
    }
  }
}
