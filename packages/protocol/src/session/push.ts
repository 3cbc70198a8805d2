/** New writes by their author: whom they are pushed to at once, and what of them is taken (ARCHITECTURE §5). */
import { PUSH_CREDIT_BYTES } from '../limits.ts';
import { versionsCost } from './cost.ts';
import type { PushFrame } from './frames.ts';
import { withNeighbour } from './neighbours.ts';
import type { Authored, Neighbour, NeighbourId, SyncEffect, SyncState } from './sync-types.ts';

/**
 * Pushes that may come in before our acknowledgement of earlier ones is out. Both sides count alike, so an honest author
 * stays within the credit; the rest is for those who count otherwise.
 */
const MAX_PUSH_AHEAD_BYTES = 2 * PUSH_CREDIT_BYTES;

/** A new incarnation counts its writes from the beginning. */
export function withoutPushes(neighbours: SyncState['neighbours']): SyncState['neighbours'] {
  return new Map([...neighbours].map(([id, neighbour]) => [id, { ...neighbour, pushedSeq: 0 }]));
}

/** [SYNC-3] [SYNC-12] Without a gap, and within credit. */
export function mayPush(neighbour: Neighbour, authored: Authored, bytes: number): boolean {
  if (!neighbour.directions.outgoing) return false;
  const reached = Math.max(neighbour.pushedSeq, neighbour.remote?.get(authored.actor) ?? 0);
  const inFlight = neighbour.pushSent - neighbour.pushAcked;
  return reached >= authored.previous && inFlight + bytes <= PUSH_CREDIT_BYTES;
}

export function takePush(
  state: SyncState,
  id: NeighbourId,
  neighbour: Neighbour,
  { actor, previous, seq, versions }: Omit<PushFrame, 'channel'>,
): readonly [SyncState, readonly SyncEffect[]] {
  const violation = (text: string): readonly SyncEffect[] => [{ type: 'violation', neighbour: id, text }];
  if (versions.length === 0) return [state, violation('PUSH of nothing')];
  const range = { actor, previous, seq };
  const bytes = versionsCost(versions);
  const pushReceived = neighbour.pushReceived + bytes;
  if (pushReceived - neighbour.pushTold > MAX_PUSH_AHEAD_BYTES) return [state, violation('PUSH beyond its credit')];
  const next = withNeighbour(state, id, { ...neighbour, pushReceived });
  return [next, [{ type: 'apply', neighbour: id, want: null, versions, cursor: null, claim: null, range, bytes }]];
}
