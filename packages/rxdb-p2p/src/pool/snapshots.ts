/** Plain snapshots of a pool's neighbours and of the pool, for screens. Pure. */
import type { Neighbour, SyncState, Vector } from '@rxdb-p2p/protocol';
import { countMissing, dominates, EMPTY_VECTOR, sameVector } from '@rxdb-p2p/protocol';
import type { PeerPhase, PeerSnapshot } from './types.ts';

export function peerSnapshot(
  replica: string,
  neighbour: Neighbour,
  vector: Vector,
  lastCompleteAt?: number,
): PeerSnapshot {
  const remote = neighbour.remote ?? EMPTY_VECTOR;
  const { outgoing, incoming } = neighbour.directions;
  const snapshot = {
    replica,
    phase: phaseOf(neighbour, vector),
    writesToSend: outgoing ? countMissing(vector, remote) : 0,
    writesToReceive: incoming ? countMissing(remote, vector) : 0,
  };
  return lastCompleteAt === undefined ? snapshot : { ...snapshot, lastCompleteAt };
}

/** [SYNC-7] A channel that goes one way can be acknowledged, never in sync. */
function phaseOf({ remote, directions }: Neighbour, vector: Vector): PeerPhase {
  if (remote === null) return 'connecting';
  if (directions.outgoing && directions.incoming) return sameVector(remote, vector) ? 'in-sync' : 'catching-up';
  const complete = directions.outgoing ? dominates(remote, vector) : dominates(vector, remote);
  return complete ? 'acknowledged' : 'catching-up';
}

export function isComplete({ phase }: PeerSnapshot): boolean {
  return phase === 'in-sync' || phase === 'acknowledged';
}

/** Own writes that no neighbour is known to hold. */
export function writesWaiting(state: SyncState, acknowledged: number): number {
  return Math.max(0, (state.vector.get(state.actor) ?? 0) - acknowledged);
}

/** The highest own `seq` that a neighbour has persisted. */
export function acknowledgedSeq(state: SyncState): number {
  let highest = 0;
  for (const { remote } of state.neighbours.values()) highest = Math.max(highest, remote?.get(state.actor) ?? 0);
  return highest;
}
