/** The pool of one (collection, topic): its channels, its status, and the handles that callers hold. */
import { type Body, P2PError } from '@rxdb-p2p/protocol';
import { BehaviorSubject, distinctUntilChanged, filter, firstValueFrom, map, Subject } from 'rxjs';
import type { PoolOptions } from '../plugin/options.ts';
import { showable, toShown } from '../replica/heads.ts';
import type { CollectionNode, LedCollection } from './collection-node.ts';
import type { Hub, OpenChannel, Registration } from './hub.ts';
import { pageOptions, toQuarantinePage } from './quarantine-page.ts';
import { acknowledgedSeq, isComplete, peerSnapshot, writesWaiting } from './snapshots.ts';
import type { Timers } from './timers.ts';
import type { ConflictVersion, ContestedDocument, P2PPool, PeerSnapshot, PoolPhase, PoolStatus } from './types.ts';

export interface PoolCore {
  /** A handle of its own for one caller; the pool ends with its last handle. */
  handle(): P2PPool;
  /** Ends the pool, whatever handles there are. */
  cancel(): Promise<void>;
}

export interface PoolDeps {
  readonly options: PoolOptions;
  readonly node: CollectionNode;
  readonly hub: () => Promise<Hub>;
  readonly timers: Timers;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  /** The last handle is gone: give back what the pool used. */
  readonly onCancelled: () => Promise<void>;
}

/** Snapshots of a busy pool are made at most this often, milliseconds. */
const SNAPSHOT_MS = 30;

/** Peers whose last completion is remembered; ids are the peers' own word until they are authenticated. */
const MAX_REMEMBERED_PEERS = 1_024;

interface Refusal {
  readonly code: string;
}

export function createPool({ options, node, hub, timers, wallClock, onCancelled }: PoolDeps): PoolCore {
  const { collection } = node;
  const channels = new Map<string, OpenChannel>();
  const refusals = new Map<string, Refusal>();
  const completeAt = new Map<string, number>();
  const error$ = new Subject<P2PError>();
  const status$ = new BehaviorSubject<PoolStatus>({
    phase: 'starting',
    peers: [],
    writesWaiting: 0,
    conflicts: 0,
    quarantined: 0,
  });
  const conflicts$ = new BehaviorSubject<readonly ContestedDocument[]>([]);
  const cleanups: (() => void)[] = [];
  let led: LedCollection | undefined;
  let problem: P2PError | undefined;
  let failed = false;
  let cancelled = false;
  let cancelling: Promise<void> | undefined;
  let snapshotDue = false;
  let handles = 0;

  function report(error: P2PError): void {
    error$.next(error);
  }

  function fail(error: P2PError): void {
    if (cancelled || failed) return;
    failed = true;
    problem = error;
    for (const cleanup of cleanups.splice(0)) cleanup();
    report(error);
    snapshot();
  }

  function scheduleSnapshot(): void {
    if (snapshotDue || cancelled) return;
    snapshotDue = true;
    timers.after(SNAPSHOT_MS, () => {
      snapshotDue = false;
      if (!cancelled) snapshot();
    });
  }

  function noteComplete(replica: string): void {
    completeAt.delete(replica);
    completeAt.set(replica, wallClock());
    const [oldest] = completeAt.keys();
    if (completeAt.size > MAX_REMEMBERED_PEERS && oldest !== undefined) completeAt.delete(oldest);
  }

  function peers(): PeerSnapshot[] {
    const found = new Map<string, PeerSnapshot>();
    for (const [replica, { code }] of refusals)
      found.set(replica, { replica, phase: 'refused', code, writesToSend: 0, writesToReceive: 0 });
    for (const [id, { replica }] of channels) {
      const neighbour = led?.sync.state.neighbours.get(id);
      if (led === undefined || neighbour === undefined) continue;
      const current = peerSnapshot(replica, neighbour, led.sync.state.vector);
      if (isComplete(current)) noteComplete(replica);
      const at = completeAt.get(replica);
      found.set(replica, at === undefined ? current : { ...current, lastCompleteAt: at });
    }
    return [...found.values()];
  }

  function phaseOf(list: readonly PeerSnapshot[]): PoolPhase {
    if (cancelled) return 'cancelled';
    if (failed) return 'failed';
    if (led === undefined) return 'starting';
    const connected = list.filter(({ phase }) => phase !== 'refused');
    if (connected.length === 0) return 'alone';
    return connected.every(isComplete) ? 'in-sync' : 'syncing';
  }

  function snapshot(): void {
    const list = peers();
    const state = led?.sync.state;
    if (led !== undefined) led.replica.noteAcknowledged(acknowledgedSeq(led.sync.state));
    const contested = led?.contests.list() ?? [];
    const status: PoolStatus = {
      phase: phaseOf(list),
      ...(led === undefined ? {} : { replica: led.id }),
      peers: list,
      writesWaiting: state === undefined ? 0 : writesWaiting(state, led?.replica.acknowledged ?? 0),
      conflicts: contested.length,
      quarantined: led?.replica.quarantined ?? 0,
    };
    status$.next(
      problem === undefined ? status : { ...status, problem: { code: problem.code, message: problem.message } },
    );
    if (JSON.stringify(contested) !== JSON.stringify(conflicts$.value)) conflicts$.next(contested);
  }

  function registration(active: LedCollection): Registration {
    return {
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
        scheduleSnapshot();
      },
      received: (channel, frame) => active.sync.received(channel.id, frame),
      closed(channel) {
        if (!channels.delete(channel.id)) return;
        active.sync.left(channel.id);
        scheduleSnapshot();
      },
      refused(replica, code, text) {
        refusals.set(replica, { code });
        report(
          new P2PError(code, `the channel with ${replica} for collection ${collection.name} was refused`, {
            got: text,
          }),
        );
        scheduleSnapshot();
      },
      gone(replica) {
        refusals.delete(replica);
        scheduleSnapshot();
      },
      problem: report,
      transport(error) {
        if (error !== undefined) report(error);
        problem = error;
        scheduleSnapshot();
      },
    };
  }

  async function start(): Promise<void> {
    cleanups.push(node.onProblem(report), node.onFailure(fail));
    const active = await node.led;
    if (cancelled || failed) return;
    const connections = await hub();
    if (cancelled || failed) return;
    led = active;
    cleanups.push(active.sync.onStep(scheduleSnapshot));
    cleanups.push(active.replica.onCommit(scheduleSnapshot));
    cleanups.push(connections.register(options.room, registration(active)));
    snapshot();
  }

  function cancel(): Promise<void> {
    cancelling ??= (async () => {
      cancelled = true;
      for (const cleanup of cleanups.splice(0)) cleanup();
      await onCancelled();
      snapshot();
      for (const subject of [status$, conflicts$, error$]) subject.complete();
    })();
    return cancelling;
  }

  /** Resolves when the condition holds; rejects when the pool ends first. */
  async function until(condition: (status: PoolStatus) => boolean): Promise<PoolStatus> {
    const isOver = ({ phase }: PoolStatus): boolean => phase === 'cancelled' || phase === 'failed';
    const status = await firstValueFrom(status$.pipe(filter((current) => condition(current) || isOver(current))), {
      defaultValue: status$.value,
    });
    if (!isOver(status)) return status;
    throw failed && problem !== undefined ? problem : new P2PError('CANCELLED', 'the pool was cancelled');
  }

  start().catch((cause: unknown) => {
    fail(
      cause instanceof P2PError
        ? cause
        : new P2PError('STORAGE_FAILED', 'the pool could not start', { cause, got: String(cause) }),
    );
  });

  return {
    cancel,
    handle(): P2PPool {
      handles++;
      let open = true;
      return {
        topic: options.topic,
        collectionName: collection.name,
        status$: status$.asObservable(),
        error$: error$.asObservable(),
        conflicts$: conflicts$.asObservable(),
        peers$: status$.pipe(
          map((status) => status.peers),
          distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
        ),
        peerStates$: status$.pipe(map((status) => new Map(status.peers.map((peer) => [peer.replica, peer])))),
        async conflicts(id) {
          const heads = showable((await led?.replica.headsOf(id)) ?? []);
          if (heads.length < 2) return [];
          return toShown(heads).map(({ head, body }): ConflictVersion<unknown> => {
            const { actor, seq, time, deleted } = head;
            return { own: actor === led?.replica.actor, actor, seq, time: time / 100, deleted, document: body };
          });
        },
        async quarantine(given) {
          const { after, limit } = pageOptions(given);
          return led === undefined ? { versions: [] } : toQuarantinePage(led.replica.quarantine(after, limit));
        },
        release(version, document) {
          if (cancelled) return Promise.reject(new P2PError('CANCELLED', 'the pool was cancelled'));
          if (led !== undefined) return led.replica.release(version, document as Body | undefined);
          const hint = 'call it in the tab that leads: there `status$` is beyond `starting`';
          return Promise.reject(new P2PError('NOT_LEADING', 'this tab does not lead the collection', { hint }));
        },
        async inSync() {
          // What the application has written by now must count, though no event has told of it yet.
          await until(({ phase }) => phase !== 'starting');
          await led?.replica.catchUp();
          snapshot();
          await until(({ phase }) => phase === 'in-sync');
        },
        async awaitFirstPeer() {
          const { peers: list } = await until((status) => status.peers.some(({ phase }) => phase !== 'refused'));
          const first = list.find(({ phase }) => phase !== 'refused');
          if (first === undefined) throw new P2PError('CANCELLED', 'the pool was cancelled');
          return first;
        },
        async cancel() {
          if (open) handles--;
          open = false;
          if (handles === 0) await cancel();
        },
      };
    },
  };
}
