/**
 * A network of ordered, reliable links with seeded delays, whose links are cut on command. A link that misbehaves loses,
 * repeats and reorders frames for some time, and then breaks, as reliable transports do when they cannot go on: HAVE,
 * WANT, CREDIT and PUSH. The batches of a catch-up count on the order that every link promises.
 */
import { createAssembler, decodeFrame, type Frame } from '@rxdb-p2p/protocol';
import type { Link, LinkFingerprints, Transport, TransportEvents, TransportFactory } from 'rxdb-p2p/testing';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SimNetwork {
  /**
   * @param tab of the device: its tabs are not connected with each other
   * @param enter runs what comes in, when the process can
   */
  factory(device: string, tab?: string, enter?: (run: () => void) => void): TransportFactory;
  /** No link between the two from now on, until `heal`. */
  cut(a: string, b: string): void;
  /** All cut pairs may connect again, and do. */
  heal(): void;
  /** From now on the links of these two misbehave, and break after so many milliseconds. */
  misbehave(a: string, b: string, faults: LinkFaults, forMs: number): void;
  /** The process of this tab is gone: it sends nothing more, but what is under way still arrives. */
  kill(device: string, tab?: string): void;
  /** Frames sent so far, keep-alives left out, and document versions in them. */
  readonly sent: { frames: number; versions: number; bytes: number };
  /** Messages that a misbehaving link lost, repeated and sent out of order. */
  readonly faults: { lost: number; repeated: number; reordered: number };
}

/** Probabilities, for each message. */
export interface LinkFaults {
  readonly lose: number;
  readonly repeat: number;
  readonly reorder: number;
}

export interface SimNetworkOptions {
  /** of one message, milliseconds */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Called with every message that is sent. */
  readonly onMessage?: (from: string, to: string, message: Uint8Array) => void;
}

interface Station {
  /** unique: the device, and which of its tabs */
  readonly name: string;
  readonly device: string;
  readonly enter: (run: () => void) => void;
  readonly rooms: Set<string>;
  readonly events: TransportEvents;
  /** open links by the name of the other end */
  readonly links: Map<string, End>;
}

interface End {
  readonly link: Link;
  deliver(message: Uint8Array): void;
  closed(reason: string): void;
  /** Closes the link once nothing is under way to the other end; nothing goes to this end or from it any more. */
  kill(): void;
}

/** Frames that a link which misbehaves may lose, repeat and reorder. */
const UNORDERED: ReadonlySet<string> = new Set<Frame['type']>(['have', 'want', 'credit', 'push']);
/** How long it takes to dial again after a link broke, milliseconds. */
const REDIAL_MS = 1_000;
/** By how much a message that overtakes others is late, milliseconds. */
const OVERTAKEN_MS = 500;

/** One direction of a link. */
interface Lane {
  /** when the last message sent so far arrives, milliseconds of virtual time */
  at: number;
  open: boolean;
}

export function createSimNetwork(time: VirtualTime, random: Random, options: SimNetworkOptions): SimNetwork {
  const stations = new Map<string, Station>();
  const cuts = new Set<string>();
  const misbehaving = new Map<string, LinkFaults>();
  const faults = { lost: 0, repeated: 0, reordered: 0 };
  const sent = { frames: 0, versions: 0, bytes: 0 };
  const pairName = (a: string, b: string): string => [a, b].sort().join(' ');

  function connectAll(): void {
    for (const a of stations.values()) for (const b of stations.values()) if (a.name < b.name) connect(a, b);
  }

  function connect(a: Station, b: Station): void {
    if (a.links.has(b.name) || a.device === b.device || cuts.has(pairName(a.device, b.device))) return;
    const room = [...a.rooms].find((own) => b.rooms.has(own));
    if (room === undefined) return;
    const ends = createEnds(a, b, room);
    a.links.set(b.name, ends[0]);
    b.links.set(a.name, ends[1]);
    a.events.onLink(ends[0].link);
    b.events.onLink(ends[1].link);
  }

  function createEnds(a: Station, b: Station, room: string): readonly [End, End] {
    const wires = { open: true };
    const close = (reason: string): void => {
      if (!wires.open) return;
      wires.open = false;
      a.links.delete(b.name);
      b.links.delete(a.name);
      time.after(0, () => {
        a.enter(() => endA.closed(reason));
        b.enter(() => endB.closed(reason));
      });
      time.after(REDIAL_MS, connectAll);
    };
    const fromA: Lane = { at: 0, open: true };
    const fromB: Lane = { at: 0, open: true };
    const endOf = (own: Station, remote: Station, out: Lane, back: Lane, other: () => End): End => {
      const send = (message: Uint8Array): void => {
        if (!wires.open || !out.open) return;
        const frame = wholeFrame(message);
        count(message, frame);
        options.onMessage?.(own.name, remote.name, message);
        const wrong = UNORDERED.has(frame?.type ?? '')
          ? misbehaving.get(pairName(own.device, remote.device))
          : undefined;
        const deliver = (): void => {
          if (wires.open) remote.enter(() => other().deliver(message));
        };
        transmit(deliver, wrong, out);
      };
      /** What was sent before still arrives. */
      const finish = (reason: string, then: () => void): void => {
        out.open = false;
        back.open = false;
        time.after(Math.max(0, out.at - time.now()), () => {
          close(reason);
          then();
        });
      };
      const kill = (): void => finish('the other process is gone', connectAll);
      return { ...createEnd(remote.name, room, own === a, send, () => finish('closed', () => undefined)), kill };
    };
    const endA: End = endOf(a, b, fromA, fromB, () => endB);
    const endB: End = endOf(b, a, fromB, fromA, () => endA);
    return [endA, endB];
  }

  /** Messages of one direction keep their order, whatever their delays, while the link behaves. */
  function transmit(deliver: () => void, wrong: LinkFaults | undefined, lane: Lane): void {
    const delay = options.minDelayMs + random.next() * (options.maxDelayMs - options.minDelayMs);
    if (wrong !== undefined && random.chance(wrong.lose)) {
      faults.lost++;
      return;
    }
    if (wrong !== undefined && random.chance(wrong.reorder)) {
      faults.reordered++;
      time.after(delay + random.next() * OVERTAKEN_MS, deliver);
      return;
    }
    lane.at = Math.max(lane.at, time.now() + delay);
    time.after(lane.at - time.now(), deliver);
    if (wrong === undefined || !random.chance(wrong.repeat)) return;
    faults.repeated++;
    time.after(lane.at - time.now() + delay, deliver);
  }

  function count(message: Uint8Array, frame: Frame | undefined): void {
    sent.bytes += message.length;
    if (frame?.type === 'ping' || frame?.type === 'pong') return;
    sent.frames++;
    if (frame?.type === 'entries' || frame?.type === 'push') sent.versions += frame.versions.length;
  }

  /** All links between the tabs of two devices. */
  function linksOf(a: string, b: string): Link[] {
    const own = [...stations.values()].filter(({ device }) => device === a);
    return own.flatMap(({ links }) =>
      [...links].flatMap(([name, { link }]) => (stations.get(name)?.device === b ? [link] : [])),
    );
  }

  return {
    ...{ sent, faults },
    factory: (device, tab = '', enter = (run) => run()) => ({
      key: `simulated ${device}${tab}`,
      create(events): Transport {
        const name = `${device}${tab}`;
        const station: Station = { name, device, enter, rooms: new Set(), events, links: new Map() };
        stations.set(name, station);
        return {
          join(room) {
            station.rooms.add(room);
            time.after(random.next() * options.maxDelayMs, connectAll);
            return () => station.rooms.delete(room);
          },
          async close() {
            stations.delete(name);
            for (const { link } of [...station.links.values()]) link.close();
          },
        };
      },
    }),
    cut(a, b) {
      cuts.add(pairName(a, b));
      for (const link of linksOf(a, b)) link.close();
    },
    misbehave(a, b, wrong, forMs) {
      misbehaving.set(pairName(a, b), wrong);
      time.after(forMs, () => {
        if (misbehaving.get(pairName(a, b)) !== wrong) return;
        misbehaving.delete(pairName(a, b));
        for (const link of linksOf(a, b)) link.close();
      });
    },
    heal() {
      cuts.clear();
      connectAll();
    },
    kill(device, tab = '') {
      const station = stations.get(`${device}${tab}`);
      stations.delete(`${device}${tab}`);
      for (const end of station?.links.values() ?? []) end.kill();
    },
  };
}

/** The simulator's messages are below the chunk size, unless a frame is large: those count as frames without versions. */
function wholeFrame(message: Uint8Array): Frame | undefined {
  const bytes = createAssembler().push(message);
  return bytes === undefined ? undefined : decodeFrame(bytes);
}

/** The simulated handshake has none to compare. */
const NO_CERTIFICATES: LinkFingerprints = { own: new Uint8Array(32), remote: new Uint8Array(32) };

function createEnd(
  remoteId: string,
  room: string,
  initiator: boolean,
  send: (message: Uint8Array) => void,
  close: () => void,
): Omit<End, 'kill'> {
  let onMessage: ((message: Uint8Array) => void) | undefined;
  let onClose: ((reason: string) => void) | undefined;
  let closedBy: string | undefined;
  const early: Uint8Array[] = [];
  return {
    deliver(message) {
      if (onMessage === undefined) early.push(message);
      else onMessage(message);
    },
    closed(reason) {
      if (closedBy !== undefined) return;
      closedBy = reason;
      onClose?.(reason);
    },
    link: {
      ...{
        remoteId,
        initiator,
        room,
        fingerprints: NO_CERTIFICATES,
        maxMessageBytes: 16 * 1024 * 1024,
        bufferedBytes: 0,
        send,
        close,
        abandon: close,
      },
      onMessage(listener) {
        onMessage = listener;
        for (const message of early.splice(0)) listener(message);
      },
      onDrain: () => undefined,
      onDoubt: () => undefined,
      suspect: () => undefined,
      onClose(listener) {
        onClose = listener;
        if (closedBy !== undefined) listener(closedBy);
      },
    },
  };
}
