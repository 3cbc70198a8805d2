/** Repair, the side that answers: compares ranges, and sends what is asked for (SPEC.md §5.3). */
import type { CompareFrame, FetchFrame } from './frames.ts';
import { withNeighbour } from './neighbours.ts';
import { entriesFor } from './serve.ts';
import type { Neighbour, NeighbourId, SyncEffect, SyncInput, SyncState } from './sync-types.ts';

type Step = readonly [SyncState, readonly SyncEffect[]];

/** [REPAIR-3] One question of a neighbour at a time. */
export function answerRepair(
  state: SyncState,
  id: NeighbourId,
  neighbour: Neighbour,
  frame: Omit<CompareFrame, 'channel'> | Omit<FetchFrame, 'channel'>,
): Step {
  if (neighbour.answering)
    return [state, [{ type: 'violation', neighbour: id, text: `${frame.type.toUpperCase()} before the last answer` }]];
  const asked = withNeighbour(state, id, { ...neighbour, answering: true });
  const { want } = frame;
  return frame.type === 'compare'
    ? [asked, [{ type: 'compare', neighbour: id, want, after: frame.after, ranges: frame.ranges }]]
    : [asked, [{ type: 'fetch', neighbour: id, want, ids: frame.ids }]];
}

export function answered(
  state: SyncState,
  id: NeighbourId,
  neighbour: Neighbour,
  input: SyncInput & { type: 'compared' | 'fetched' },
): Step {
  const done = withNeighbour(state, id, { ...neighbour, answering: false });
  const { want } = input;
  if (input.type === 'fetched')
    return [done, entriesFor(id, { want, versions: input.versions, cursor: null, claim: null, remaining: 0 })];
  const { upTo, items } = input;
  return [done, [{ type: 'send', neighbour: id, frame: { type: 'differ', want, upTo, items } }]];
}
