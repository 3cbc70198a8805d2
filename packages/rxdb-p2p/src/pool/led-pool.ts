/** What a pool does in the tab that leads: its channels with other replicas, and what there is to say of them. */
import { P2PError } from '@rxdb-p2p/protocol';
import { defined } from '../defined.ts';
import type { PoolOptions } from '../plugin/options.ts';
import type { CollectionNode } from './collection-node.ts';
import type { Registration } from './hub.ts';
import type { LedCollection } from './led-collection.ts';
import { type Completions, createPoolChannels } from './pool-channels.ts';
import { rightsOf } from './rights.ts';
import type { TopicHub } from './shared-hubs.ts';
import { acknowledgedSeq, connectedPhase, writesWaiting } from './snapshots.ts';
import type { Timers } from './timers.ts';
import type { PoolStatus } from './types.ts';

export interface LedPool {
  readonly active: LedCollection;
  /** As it is now, without a problem, and without saying why it is not in sync. */
  status(): PoolStatus;
  /** Asks the application again what each peer may do. */
  reauthorize(): Promise<void>;
  /** Resolves when no connection knows of it any more. */
  end(): Promise<void>;
}

export interface LedPoolDeps {
  readonly options: PoolOptions;
  readonly node: CollectionNode;
  readonly active: LedCollection;
  readonly use: TopicHub;
  readonly timers: Timers;
  /** outlives this lead */
  readonly completions: Completions;
  readonly report: (problem: P2PError) => void;
  /** Something keeps the transport from working, until it is told `undefined`. */
  readonly onTransport: (problem: P2PError | undefined) => void;
  /** The status is another one. */
  readonly onChange: () => void;
}

export function createLedPool(deps: LedPoolDeps): LedPool {
  const { options, node, active, use, timers, completions, report, onChange } = deps;
  const { collection } = node;
  const channels = createPoolChannels({ led: active, timers, completions, onChange });

  let refusedSignals = 0;
  const refusedCodes = new Set<string>();

  const registration: Registration = {
    offer: {
      room: use.keys.room,
      openKey: use.keys.open,
      collection: collection.name,
      schemaVersion: collection.schema.version,
      schemaHash: node.schemaHash,
      mergeMode: node.mergeMode,
      sends: options.push,
      receives: options.pull,
    },
    maxClockDifferenceMs: options.maxClockDifferenceMs,
    rightsOf: (replica) => rightsOf(options.rules, replica),
    opened: channels.opened,
    received: channels.received,
    closed: channels.closed,
    refused(replica, code, text, problem) {
      channels.refused(replica, code);
      const message = `the channel with ${replica} for collection ${collection.name} was refused`;
      report(problem ?? new P2PError(code, message, { got: text }));
    },
    gone: channels.gone,
    problem: report,
    refusedSignal(problem) {
      refusedSignals++;
      // Whoever sends one can send a thousand.
      if (!refusedCodes.has(problem.code)) report(problem);
      refusedCodes.add(problem.code);
      onChange();
    },
    unreachable() {
      const message = 'another device is in the room, and no connection with it came about';
      report(
        new P2PError('PEER_UNREACHABLE', message, {
          hint: 'bring both into one network, or name a TURN server in iceServers; attempts go on',
        }),
      );
    },
    transport(problem) {
      if (problem !== undefined) report(problem);
      deps.onTransport(problem);
      onChange();
    },
  };

  const registered = use.hub.register(use.keys, registration);
  const ends = [active.sync.onStep(onChange), active.replica.onCommit(onChange), registered.end];

  return {
    active,
    status() {
      const { replica, sync, contests } = active;
      const peers = channels.peers();
      const progress = sync.meter.progress();
      replica.noteAcknowledged(acknowledgedSeq(sync.state));
      return {
        phase: connectedPhase(peers),
        replica: active.id,
        keyStorage: active.keyStorage,
        peers,
        writesWaiting: writesWaiting(sync.state, replica.acknowledged),
        conflicts: contests.list().length,
        quarantined: replica.quarantined,
        protection: options.secret === undefined ? 'none' : 'secret',
        refusedSignals,
        ...defined({ progress }),
      };
    },
    reauthorize: registered.recheck,
    async end() {
      for (const end of ends.splice(0).reverse()) end();
      channels.stop();
      await use.release();
    },
  };
}
