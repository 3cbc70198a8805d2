/** What a pool does in the tab that leads: its channels with other replicas, and what there is to say of them. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { PoolOptions } from '../plugin/options.ts';
import type { CollectionNode } from './collection-node.ts';
import type { OpenChannel, Registration } from './hub.ts';
import type { LedCollection } from './led-collection.ts';
import type { HubUse } from './shared-hubs.ts';
import { acknowledgedSeq, isComplete, peerSnapshot, writesWaiting } from './snapshots.ts';
import type { PeerSnapshot, PoolPhase, PoolStatus } from './types.ts';

export interface LedPool {
  readonly active: LedCollection;
  /** As it is now, without a problem. */
  status(): PoolStatus;
  /** Resolves when no connection knows of it any more. */
  end(): Promise<void>;
}

export interface LedPoolDeps {
  readonly options: PoolOptions;
  readonly node: CollectionNode;
  readonly active: LedCollection;
  readonly use: HubUse;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  /** when peers held the same writes last; outlives this lead */
  readonly completeAt: Map<string, number>;
  readonly report: (problem: P2PError) => void;
  /** Something keeps the transport from working, until it is told `undefined`. */
  readonly onTransport: (problem: P2PError | undefined) => void;
  /** The status is another one. */
  readonly onChange: () => void;
}

/** Peers whose last completion is remembered; ids are the peers' own word until they are authenticated. */
const MAX_REMEMBERED_PEERS = 1_024;

export function createLedPool(deps: LedPoolDeps): LedPool {
  const { options, node, active, use, wallClock, completeAt, report, onChange } = deps;
  const { collection } = node;
  const channels = new Map<string, OpenChannel>();
  /** codes by replica */
  const refusals = new Map<string, string>();

  function noteComplete(replica: string): void {
    completeAt.delete(replica);
    completeAt.set(replica, wallClock());
    const [oldest] = completeAt.keys();
    if (completeAt.size > MAX_REMEMBERED_PEERS && oldest !== undefined) completeAt.delete(oldest);
  }

  function peers(): PeerSnapshot[] {
    const found = new Map<string, PeerSnapshot>();
    for (const [replica, code] of refusals)
      found.set(replica, { replica, phase: 'refused', code, writesToSend: 0, writesToReceive: 0 });
    for (const [id, { replica }] of channels) {
      const neighbour = active.sync.state.neighbours.get(id);
      if (neighbour === undefined) continue;
      const current = peerSnapshot(replica, neighbour, active.sync.state.vector);
      if (isComplete(current)) noteComplete(replica);
      const at = completeAt.get(replica);
      found.set(replica, at === undefined ? current : { ...current, lastCompleteAt: at });
    }
    return [...found.values()];
  }

  const registration: Registration = {
    offer: {
      room: options.room,
      collection: collection.name,
      schemaVersion: collection.schema.version,
      schemaHash: node.schemaHash,
      mergeMode: node.mergeMode,
      sends: options.push,
      receives: options.pull,
    },
    isPeerValid: (replica) => options.isPeerValid({ replica }),
    opened(channel) {
      // [CONN-3] The replica has reloaded its page, or another of its tabs has taken over: the newer channel counts.
      for (const older of channels.values()) {
        if (older.replica !== channel.replica) continue;
        channels.delete(older.id);
        active.sync.left(older.id);
        older.drop();
      }
      channels.set(channel.id, channel);
      refusals.delete(channel.replica);
      active.sync.joined(channel.id, channel);
      onChange();
    },
    received: (channel, frame) => active.sync.received(channel.id, frame),
    closed(channel) {
      if (!channels.delete(channel.id)) return;
      active.sync.left(channel.id);
      onChange();
    },
    refused(replica, code, text) {
      refusals.set(replica, code);
      const message = `the channel with ${replica} for collection ${collection.name} was refused`;
      report(new P2PError(code, message, { got: text }));
      onChange();
    },
    gone(replica) {
      refusals.delete(replica);
      onChange();
    },
    problem: report,
    transport(problem) {
      if (problem !== undefined) report(problem);
      deps.onTransport(problem);
      onChange();
    },
  };

  const ends = [
    active.sync.onStep(onChange),
    active.replica.onCommit(onChange),
    use.hub.register(options.room, registration),
  ];

  return {
    active,
    status() {
      const { replica, sync, contests } = active;
      const list = peers();
      replica.noteAcknowledged(acknowledgedSeq(sync.state));
      return {
        phase: phaseOf(list),
        replica: active.id,
        peers: list,
        writesWaiting: writesWaiting(sync.state, replica.acknowledged),
        conflicts: contests.list().length,
        quarantined: replica.quarantined,
      };
    },
    async end() {
      for (const end of ends.splice(0).reverse()) end();
      await use.release();
    },
  };
}

function phaseOf(peers: readonly PeerSnapshot[]): PoolPhase {
  const connected = peers.filter(({ phase }) => phase !== 'refused');
  if (connected.length === 0) return 'alone';
  return connected.every(isComplete) ? 'in-sync' : 'syncing';
}
