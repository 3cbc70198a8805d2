/**
 * Sync sessions of one collection on simulated replicas, over links that delay, stop and come back, in virtual time.
 * The shell around the pure steps is this file: one queue per replica, frames in order per link.
 */

import { agreementWith } from '../session/agreement.ts';
import { initialSyncState, syncStep } from '../session/sync.ts';
import type {
  Directions,
  NeighbourId,
  SyncEffect,
  SyncFrame,
  SyncInput,
  SyncState,
  TimerKind,
} from '../session/sync-types.ts';
import { overTheWire } from './over-the-wire.ts';
import type { Random } from './random.ts';
import { answerRepair } from './sim-repair.ts';
import { createSimReplica, type SimCommit, type SimReplica, type WriteLog } from './sim-replica.ts';

export interface SimNode {
  readonly replica: SimReplica;
  readonly state: SyncState;
  /** how often it has found another one to hold something else */
  readonly diverged: number;
  /** Runs in the replica's queue, after what waits there. */
  commit(change: (replica: SimReplica) => SimCommit | undefined): void;
}

export interface SimNetwork {
  readonly nodes: readonly SimNode[];
  readonly now: number;
  /** Frames sent so far, versions in them, and their bytes where they go through the codec. */
  readonly sent: { readonly frames: number; readonly versions: number; readonly bytes: number };
  connect(a: number, b: number, directions?: Directions): void;
  disconnect(a: number, b: number): void;
  connected(a: number, b: number): boolean;
  /** Lets everything happen that is due within the time. */
  run(ms: number): void;
  /** Lets everything happen until nothing is left to happen. @throws Error when that does not end */
  settle(): void;
}

export interface SimNetworkOptions {
  readonly replicas: number;
  readonly maxDelayMs: number;
  /** how long one write or read of storage takes at most, milliseconds */
  readonly maxStorageMs: number;
  /** whether frames go through the codec */
  readonly encoded: boolean;
  /** breaks the rule of the vector, default false */
  readonly claimsEarly?: boolean;
  /** whether replicas may differ under equal vectors, default false */
  readonly alarms?: boolean;
  /** Called after every commit. */
  readonly onCommit?: (replica: SimReplica) => void;
}

/** Events that one scenario may take: a pool that is not silent by then never will be. */
const MAX_EVENTS = 200_000;

interface Side {
  readonly node: number;
  readonly id: NeighbourId;
  readonly directions: Directions;
  /** virtual time at which the last frame towards this side arrives */
  arrivesAt: number;
  joined: boolean;
}

interface SimLink {
  readonly sides: readonly [Side, Side];
  open: boolean;
}

export function createSimNetwork(random: Random, options: SimNetworkOptions): SimNetwork {
  const events: { at: number; order: number; run: () => void }[] = [];
  const log: WriteLog = new Map();
  const links = new Map<string, SimLink>();
  const sent = { frames: 0, versions: 0, bytes: 0 };
  let now = 0;
  let order = 0;
  let lastId = 0;

  function after(ms: number, run: () => void): void {
    const event = { at: now + ms, order: order++, run };
    let i = events.length;
    while (i > 0 && (events[i - 1]?.at ?? 0) > event.at) i--;
    events.splice(i, 0, event);
  }

  function runNext(): void {
    const event = events.shift();
    if (event === undefined) return;
    now = event.at;
    event.run();
  }

  const internals = Array.from({ length: options.replicas }, (_, i) => createNode(i));

  function createNode(index: number) {
    const replica = createSimReplica(String.fromCharCode(97 + index), random, log, options.claimsEarly);
    let state = initialSyncState(replica.actor, replica.vector, replica.fingerprint, random.int(1_000));
    const timers = new Map<TimerKind, { stopped: boolean }>();
    const queue: (() => void)[] = [];
    let diverged = 0;

    function step(input: SyncInput): void {
      const [next, effects] = syncStep(state, input);
      state = next;
      if (options.alarms !== true) expectNoAlarm(replica.name, state);
      for (const effect of effects) perform(effect);
    }

    /** One task after another, each after as long as storage takes. */
    function enqueue(task: () => void): void {
      queue.push(task);
      if (queue.length === 1) after(random.next() * options.maxStorageMs, drain);
    }

    function drain(): void {
      queue[0]?.();
      queue.shift();
      if (queue.length > 0) after(random.next() * options.maxStorageMs, drain);
    }

    function committed(commit: SimCommit): void {
      options.onCommit?.(replica);
      step({ type: 'committed', ...commit });
    }

    function perform(effect: SyncEffect): void {
      switch (effect.type) {
        case 'send':
          send(effect.neighbour, effect.frame);
          break;
        case 'read':
          after(random.next() * options.maxDelayMs, () =>
            enqueue(() => {
              if (sideOf(effect.neighbour) === undefined) return;
              const batch = replica.read(effect.vector, effect.cursor);
              step({ type: 'read', neighbour: effect.neighbour, want: effect.want, batch });
            }),
          );
          break;
        case 'apply': {
          const peer = peerOf(effect.neighbour);
          if (peer === undefined) return;
          const { losses } = replica;
          enqueue(() => {
            const counts = losses === replica.losses;
            const counted = counts ? effect : { ...effect, claim: null, cursor: null };
            committed(replica.apply(counted, internals[peer]?.replica.name ?? ''));
            const { neighbour, want, bytes, cursor, claim } = effect;
            step({ type: 'applied', neighbour, want, bytes, cursor, claimed: claim !== null });
          });
          break;
        }
        case 'sum':
        case 'compare':
        case 'look':
        case 'fetch':
          enqueue(() => step(answerRepair(effect, replica, random)));
          break;
        case 'diverged':
          diverged++;
          break;
        case 'outrun':
          break;
        case 'start-timer': {
          if (timers.has(effect.timer)) return;
          const timer = { stopped: false };
          timers.set(effect.timer, timer);
          after(effect.minMs + random.next() * (effect.maxMs - effect.minMs), () => {
            if (timer.stopped) return;
            timers.delete(effect.timer);
            step({ type: 'timer', timer: effect.timer });
          });
          break;
        }
        case 'stop-timer': {
          const timer = timers.get(effect.timer);
          if (timer !== undefined) timer.stopped = true;
          timers.delete(effect.timer);
          break;
        }
        case 'refuse':
        case 'stalled':
        case 'violation':
          throw new Error(`${replica.name} accuses ${effect.neighbour}: ${effect.text}`);
      }
    }

    return {
      replica,
      step,
      get diverged() {
        return diverged;
      },
      get state() {
        return state;
      },
      commit(change: (replica: SimReplica) => SimCommit | undefined) {
        enqueue(() => {
          const made = change(replica);
          if (made !== undefined) committed(made);
        });
      },
    };
  }

  function sideOf(id: NeighbourId): { link: SimLink; mine: Side; theirs: Side } | undefined {
    for (const link of links.values()) {
      const [a, b] = link.sides;
      if (a.id === id && a.joined) return { link, mine: a, theirs: b };
      if (b.id === id && b.joined) return { link, mine: b, theirs: a };
    }
    return undefined;
  }

  const peerOf = (id: NeighbourId): number | undefined => sideOf(id)?.theirs.node;

  function send(id: NeighbourId, frame: SyncFrame): void {
    const found = sideOf(id);
    if (found === undefined) return;
    sent.frames++;
    if (frame.type === 'push' || frame.type === 'entries') sent.versions += frame.versions.length;
    const { link, theirs } = found;
    const carried = options.encoded ? overTheWire(frame, sent) : frame;
    theirs.arrivesAt = Math.max(theirs.arrivesAt, now + random.next() * options.maxDelayMs);
    after(theirs.arrivesAt - now, () => {
      if (link.open && theirs.joined)
        internals[theirs.node]?.step({ type: 'frame', neighbour: theirs.id, frame: carried });
    });
  }

  const keyOf = (a: number, b: number): string => `${Math.min(a, b)}-${Math.max(a, b)}`;

  function leave(link: SimLink, side: Side): void {
    if (!side.joined) return;
    side.joined = false;
    internals[side.node]?.step({ type: 'left', neighbour: side.id });
    if (link.sides.every(({ joined }) => !joined)) links.delete(keyOf(link.sides[0].node, link.sides[1].node));
  }

  return {
    nodes: internals,
    sent,
    get now() {
      return now;
    },
    connected: (a, b) => links.has(keyOf(a, b)),
    connect(a, b, directions = { outgoing: true, incoming: true }) {
      if (a === b || links.has(keyOf(a, b))) return;
      const [forA, forB] = [`${a}-${b}#${lastId++}`, `${b}-${a}#${lastId++}`];
      const reversed = { outgoing: directions.incoming, incoming: directions.outgoing };
      const one: Side = { node: a, id: forA, directions, arrivesAt: now, joined: false };
      const other: Side = { node: b, id: forB, directions: reversed, arrivesAt: now, joined: false };
      links.set(keyOf(a, b), { sides: [one, other], open: true });
      for (const [side, peer] of [[one, b] as const, [other, a] as const]) {
        side.joined = true;
        const node = internals[side.node];
        const cursor = node?.replica.cursorOf(internals[peer]?.replica.name ?? '') ?? null;
        node?.step({ type: 'joined', neighbour: side.id, directions: side.directions, cursor });
      }
    },
    disconnect(a, b) {
      const link = links.get(keyOf(a, b));
      if (link?.open !== true) return;
      link.open = false;
      const [first, second] = random.shuffled(link.sides);
      if (first !== undefined) leave(link, first);
      if (second !== undefined) after(random.next() * 2 * options.maxDelayMs, () => leave(link, second));
    },
    run(ms) {
      const end = now + ms;
      while ((events[0]?.at ?? end + 1) <= end) runNext();
      now = end;
    },
    settle() {
      for (let i = 0; events.length > 0; i++) {
        if (i > MAX_EVENTS) throw new Error(`no silence after ${MAX_EVENTS} events`);
        runNext();
      }
    },
  };
}

function expectNoAlarm(name: string, state: SyncState): void {
  for (const [id, neighbour] of state.neighbours)
    if (agreementWith(state, neighbour) === 'different') throw new Error(`[SYNC-15] ${name} differs from ${id}`);
}
