/** Plain snapshots of a pool's neighbours and of the pool, for screens. Pure. */
import type { Neighbour, SyncState, Vector } from '@rxdb-p2p/protocol';
import { agreementWith, countMissing, dominates, EMPTY_VECTOR, joinVectors } from '@rxdb-p2p/protocol';
import { defined } from '../defined.ts';
import type { LinkRoute } from '../transport/port.ts';
import type { Serving, SyncMeter } from './sync-meter.ts';
import type { NotInSyncReason, PeerExchange, PeerPhase, PeerSnapshot, PoolPhase, PoolStatus } from './types.ts';

/** What is known of one open channel beside its session. */
export interface ChannelFacts {
  readonly id: string;
  readonly replica: string;
  readonly route: LinkRoute | undefined;
}

export function peerSnapshot(
  { id, replica, route }: ChannelFacts,
  neighbour: Neighbour,
  state: SyncState,
  meter: SyncMeter,
): PeerSnapshot {
  const { vector } = state;
  const documentsToSend = toSend(neighbour, vector, meter.serving(id));
  const documentsToReceive = toReceive(neighbour, vector, meter.toStore(id));
  return {
    replica,
    phase: phaseOf(neighbour, state),
    exchange: exchangeOf(neighbour),
    ...defined({
      code: neighbour.fruitless === 0 ? undefined : 'CLAIMS_UNSERVED',
      route: route?.kind,
      roundTripMs: route?.roundTripMs,
    }),
    documentsToSend,
    bytesToSend: meter.bytesOf(documentsToSend),
    documentsToReceive,
    bytesToReceive: meter.bytesOf(documentsToReceive),
  };
}

function exchangeOf({ directions: { outgoing, incoming } }: Neighbour): PeerExchange {
  if (outgoing && incoming) return 'both';
  return outgoing ? 'to-peer' : 'from-peer';
}

export function refusedSnapshot(replica: string, code: string): PeerSnapshot {
  const nothing = { documentsToSend: 0, bytesToSend: 0, documentsToReceive: 0, bytesToReceive: 0 };
  return { replica, phase: 'refused', code, ...nothing };
}

/** Vectors count writes, of which a document may have had many; a scan counts documents. */
function toSend({ remote, directions }: Neighbour, vector: Vector, serving: Serving | undefined): number {
  if (!directions.outgoing) return 0;
  const known = remote ?? EMPTY_VECTOR;
  if (serving === undefined) return countMissing(vector, known);
  if (serving.claim === null) return Math.min(serving.remaining, countMissing(vector, known));
  return countMissing(vector, joinVectors(known, serving.claim));
}

function toReceive({ remote, directions }: Neighbour, vector: Vector, toStore: number | undefined): number {
  if (!directions.incoming) return 0;
  const missing = countMissing(remote ?? EMPTY_VECTOR, vector);
  return toStore === undefined ? missing : Math.min(toStore, missing);
}

/** [SYNC-7] A channel that goes one way can be acknowledged, never in sync. */
function phaseOf(neighbour: Neighbour, state: SyncState): PeerPhase {
  const { remote, directions } = neighbour;
  const { vector } = state;
  if (remote === null) return 'connecting';
  // [SYNC-15] By what both hold, not by what both have heard of.
  if (directions.outgoing && directions.incoming) {
    const agreement = agreementWith(state, neighbour);
    if (agreement === 'different') return 'comparing';
    return agreement === 'same' ? 'in-sync' : 'catching-up';
  }
  const complete = directions.outgoing ? dominates(remote, vector) : dominates(vector, remote);
  return complete ? 'acknowledged' : 'catching-up';
}

export function isComplete({ phase }: PeerSnapshot): boolean {
  return phase === 'in-sync' || phase === 'acknowledged';
}

/** Of a pool that leads its collection. */
export function connectedPhase(peers: readonly PeerSnapshot[]): PoolPhase {
  const connected = peers.filter(({ phase }) => phase !== 'refused');
  if (connected.length === 0) return 'alone';
  return connected.every(isComplete) ? 'in-sync' : 'syncing';
}

/** Says why the status is not `in-sync`. */
export function withReason(status: PoolStatus): PoolStatus {
  const notInSync = reasonOf(status);
  return notInSync === undefined ? status : { ...status, notInSync };
}

function reasonOf({ phase, peers }: PoolStatus): NotInSyncReason | undefined {
  switch (phase) {
    case 'cancelled':
    case 'failed':
    case 'starting':
      return phase;
    case 'paused':
      return 'storage';
    case 'in-sync':
      return undefined;
    case 'alone':
      return peers.length === 0 ? 'no-peer' : 'refused';
    case 'syncing':
      if (peers.some((peer) => peer.phase === 'connecting')) return 'connecting';
      if (peers.some((peer) => peer.phase === 'comparing')) return 'comparing';
      return peers.some(({ documentsToReceive }) => documentsToReceive > 0) ? 'receiving' : 'sending';
  }
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
