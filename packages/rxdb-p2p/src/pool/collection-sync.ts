/**
 * The shell of one collection's sync session: gives frames, commits and timers to the pure step function of
 * `@rxdb-p2p/protocol`, and carries out what it asks for.
 */
import type {
  Directions,
  NeighbourId,
  RefuseCode,
  SyncEffect,
  SyncFrame,
  SyncInput,
  SyncState,
  TimerKind,
} from '@rxdb-p2p/protocol';
import { initialSyncState, MAX_FRUITLESS, P2PError, syncStep } from '@rxdb-p2p/protocol';
import type { CollectionReplica } from '../replica/collection-replica.ts';
import { createFetchWatch } from './fetch-watch.ts';
import { createSyncMeter, type SyncMeter } from './sync-meter.ts';
import type { Timers } from './timers.ts';

/** One open channel of the collection, as the connection offers it. */
export interface NeighbourPort {
  readonly replica: string;
  readonly directions: Directions;
  send(frame: SyncFrame): void;
  /** Resolves when the link has drained; at once or never when it has closed. */
  writable(): Promise<void>;
  /** Whether a large frame is coming in, part by part. */
  isReceiving(): boolean;
  /** Ends the connection: the peer broke the protocol. */
  violation(text: string): void;
  /** Ends the connection: the peer does not go on. */
  stalled(text: string): void;
  /** Refuses the channel alone: the peer does what it may not. */
  refuse(code: RefuseCode, text: string): void;
}

export interface CollectionSync {
  readonly state: SyncState;
  readonly meter: SyncMeter;
  joined(id: NeighbourId, port: NeighbourPort): void;
  received(id: NeighbourId, frame: SyncFrame): void;
  left(id: NeighbourId): void;
  /** Called after every step. */
  onStep(listener: () => void): () => void;
  close(): void;
}

export interface CollectionSyncDeps {
  readonly replica: CollectionReplica;
  readonly timers: Timers;
  /** Default: one of its own. */
  readonly meter?: SyncMeter;
  /** Storage failed, or another tab leads: nothing goes on until that is over. */
  readonly onFailure: (cause: unknown) => void;
  /** Something that needs nobody to do anything, but should be known. */
  readonly onProblem: (error: P2PError) => void;
}

/** How often a name is given up on the word of a peer that sends nothing to us, milliseconds: each costs an entry of vectors. */
const RENAMED_EVERY_MS = 60 * 60 * 1_000;

/** Peers whose unkept word is remembered; ids are their own. */
const MAX_REMEMBERED_PEERS = 256;

export function createCollectionSync(deps: CollectionSyncDeps): CollectionSync {
  const { replica, timers, onFailure, onProblem, meter = createSyncMeter(timers.now) } = deps;
  let state = initialSyncState(
    replica.actor,
    replica.vector,
    replica.journal.fingerprint(),
    Math.floor(timers.random() * 2 ** 31),
  );
  const ports = new Map<NeighbourId, NeighbourPort>();
  const running = new Map<TimerKind, () => void>();
  const listeners = new Set<() => void>();
  /** how often in a row a replica did not send what it said to have, once it has left */
  const unkept = new Map<string, number>();
  /** the last name that was given up on the word of a peer that sends nothing to us */
  let renamed: { readonly actor: string; readonly at: number } | undefined;
  const fetchWatch = createFetchWatch(replica, timers, () => state, guard);
  let closed = false;

  function step(input: SyncInput): void {
    if (closed) return;
    const [next, effects] = syncStep(state, input);
    state = next;
    for (const effect of effects) perform(effect);
    fetchWatch.look();
    for (const listener of listeners) listener();
  }

  function perform(effect: SyncEffect): void {
    switch (effect.type) {
      case 'send':
        send(effect.neighbour, effect.frame);
        break;
      case 'read':
        guard(read(effect));
        break;
      case 'apply':
        guard(apply(effect));
        break;
      case 'sum':
        guard(sum(effect));
        break;
      case 'compare':
        guard(compare(effect));
        break;
      case 'look':
        guard(look(effect));
        break;
      case 'fetch':
        guard(fetch(effect));
        break;
      case 'diverged':
        diverged(effect.neighbour);
        break;
      case 'outrun':
        outrun(effect);
        break;
      case 'start-timer':
        startTimer(effect.timer, effect.minMs + timers.random() * (effect.maxMs - effect.minMs));
        break;
      case 'stop-timer':
        running.get(effect.timer)?.();
        running.delete(effect.timer);
        break;
      case 'unserved':
        unserved(effect);
        break;
      case 'refuse':
        ports.get(effect.neighbour)?.refuse(effect.code, effect.text);
        break;
      case 'stalled':
        ports.get(effect.neighbour)?.stalled(effect.text);
        break;
      case 'violation':
        ports.get(effect.neighbour)?.violation(effect.text);
        break;
    }
  }

  function send(neighbour: NeighbourId, frame: SyncFrame): void {
    ports.get(neighbour)?.send(frame);
    // What a repair sends is no part of a catch-up.
    if (frame.type === 'entries' && state.neighbours.get(neighbour)?.answering !== true)
      meter.served(neighbour, frame.versions, frame.remaining, frame.claim);
  }

  function received(neighbour: NeighbourId, frame: SyncFrame): void {
    step({ type: 'frame', neighbour, frame });
    const { pull } = state;
    if (frame.type === 'entries' && pull?.neighbour === neighbour && pull.want === frame.want)
      meter.came(neighbour, frame.versions.length, frame.remaining);
  }

  function unserved({ neighbour, asked }: SyncEffect & { type: 'unserved' }): void {
    const peer = ports.get(neighbour)?.replica ?? 'a peer';
    const then = asked ? 'it is asked again later' : 'it is not asked any more';
    onProblem(new P2PError('CLAIMS_UNSERVED', `${peer} does not send what it says to have; ${then}`));
  }

  /** One that comes again begins with half of what it did not keep, so that it gets its chances, and no more. */
  function remember(replica: string, fruitless: number): void {
    unkept.delete(replica);
    if (fruitless > 0) unkept.set(replica, Math.ceil(Math.min(fruitless, MAX_FRUITLESS) / 2));
    const [oldest] = unkept.keys();
    if (unkept.size > MAX_REMEMBERED_PEERS && oldest !== undefined) unkept.delete(oldest);
  }

  async function read({ neighbour, want, vector, cursor }: SyncEffect & { type: 'read' }): Promise<void> {
    await ports.get(neighbour)?.writable();
    if (closed || !ports.has(neighbour)) return;
    const batch = await replica.read(vector, cursor);
    step({ type: 'read', neighbour, want, batch });
  }

  async function apply(effect: SyncEffect & { type: 'apply' }): Promise<void> {
    const { neighbour, want, versions, claim, range, bytes, cursor, repair = false } = effect;
    const port = ports.get(neighbour);
    if (port === undefined) return;
    await replica.apply({ versions, claim, range, cursor: cursor === null ? null : [port.replica, cursor], repair });
    if (want !== null && !repair) meter.stored(neighbour, versions.length, bytes, claim !== null);
    step({ type: 'applied', neighbour, want, bytes, cursor, claimed: claim !== null });
  }

  async function sum({ neighbour, want, after }: SyncEffect & { type: 'sum' }): Promise<void> {
    step({ type: 'summed', neighbour, want, ranges: await replica.comparison.sum(after) });
  }

  async function compare({ neighbour, want, after, ranges }: SyncEffect & { type: 'compare' }): Promise<void> {
    await ports.get(neighbour)?.writable();
    if (closed || !ports.has(neighbour)) return;
    step({ type: 'compared', neighbour, want, ...(await replica.comparison.compare(after, ranges)) });
  }

  async function look({ neighbour, want, items }: SyncEffect & { type: 'look' }): Promise<void> {
    step({ type: 'looked', neighbour, want, ids: await replica.comparison.look(items) });
  }

  async function fetch({ neighbour, want, ids }: SyncEffect & { type: 'fetch' }): Promise<void> {
    await ports.get(neighbour)?.writable();
    if (closed || !ports.has(neighbour)) return;
    step({ type: 'fetched', neighbour, want, versions: await replica.comparison.read(ids) });
  }

  /** From one that sends nothing to us it may be a lie that costs us a name, so it is believed now and then only. */
  function outrun({ neighbour, actor, seq, fetch }: SyncEffect & { type: 'outrun' }): void {
    if (!fetch) {
      if (renamed?.actor === actor) return;
      if (renamed !== undefined && timers.now() - renamed.at < RENAMED_EVERY_MS) {
        ports.get(neighbour)?.violation('writes of ours that we do not know, once more');
        return;
      }
      renamed = { actor, at: timers.now() };
    }
    guard(replica.outrun(actor, seq, fetch));
  }

  function diverged(neighbour: NeighbourId): void {
    const other = ports.get(neighbour)?.replica ?? neighbour;
    const message = `replica ${other} has received the same writes and holds other versions; both are compared`;
    const hint = 'nothing to do: what one of the two lacks is sent; a copied profile or a damaged storage makes this';
    onProblem(new P2PError('DIVERGED', message, { hint }));
  }

  function guard(work: Promise<void>): void {
    work.catch((cause: unknown) => {
      if (!closed) onFailure(cause);
    });
  }

  function startTimer(kind: TimerKind, ms: number): void {
    if (running.has(kind)) return;
    const stop = timers.after(ms, () => {
      running.delete(kind);
      const source = state.pull === null ? undefined : ports.get(state.pull.neighbour);
      // A slow link is not a stalled one.
      if ((kind === 'stalled' || kind === 'pace') && source?.isReceiving()) startTimer(kind, ms);
      else step({ type: 'timer', timer: kind });
    });
    running.set(kind, stop);
  }

  const unsubscribe = replica.onCommit(({ vector, fingerprint, actor, authored, lost }) =>
    step({ type: 'committed', vector, fingerprint, actor, authored, lost }),
  );

  return {
    get state() {
      return state;
    },
    meter,
    joined(id, port) {
      ports.set(id, port);
      const cursor = replica.journal.cursorOf(port.replica);
      const fruitless = unkept.get(port.replica) ?? 0;
      step({ type: 'joined', neighbour: id, directions: port.directions, cursor, fruitless });
    },
    received,
    left(id) {
      const replica = ports.get(id)?.replica;
      if (replica !== undefined) remember(replica, state.neighbours.get(id)?.fruitless ?? 0);
      ports.delete(id);
      meter.left(id);
      step({ type: 'left', neighbour: id });
    },
    onStep(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      if (closed) return;
      closed = true;
      unsubscribe();
      for (const id of ports.keys()) meter.left(id);
      for (const stop of running.values()) stop();
      fetchWatch.end();
      running.clear();
    },
  };
}
