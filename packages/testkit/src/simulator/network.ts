/** A network of ordered, reliable links with seeded delays, whose links and partitions are cut on command. */
import { createAssembler, decodeFrame, type Frame } from '@rxdb-p2p/protocol';
import type { Link, Transport, TransportEvents, TransportFactory } from 'rxdb-p2p/testing';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SimNetwork {
  factory(name: string): TransportFactory;
  /** No link between the two from now on, until `heal`. */
  cut(a: string, b: string): void;
  /** All cut pairs may connect again, and do. */
  heal(): void;
  /** The process of this name is gone: it sends nothing more, but what is under way still arrives. */
  kill(name: string): void;
  /** Frames sent so far, keep-alives left out, and document versions in them. */
  readonly sent: { frames: number; versions: number; bytes: number };
}

export interface SimNetworkOptions {
  /** of one message, milliseconds */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

interface Station {
  readonly name: string;
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

/** One direction of a link. */
interface Lane {
  /** when the last message sent so far arrives, milliseconds of virtual time */
  at: number;
  open: boolean;
}

export function createSimNetwork(time: VirtualTime, random: Random, options: SimNetworkOptions): SimNetwork {
  const stations = new Map<string, Station>();
  const cuts = new Set<string>();
  const sent = { frames: 0, versions: 0, bytes: 0 };
  const pairName = (a: string, b: string): string => [a, b].sort().join(' ');

  function connectAll(): void {
    for (const a of stations.values()) for (const b of stations.values()) if (a.name < b.name) connect(a, b);
  }

  function connect(a: Station, b: Station): void {
    if (a.links.has(b.name) || cuts.has(pairName(a.name, b.name))) return;
    if (![...a.rooms].some((room) => b.rooms.has(room))) return;
    const ends = createEnds(a, b);
    a.links.set(b.name, ends[0]);
    b.links.set(a.name, ends[1]);
    a.events.onLink(ends[0].link);
    b.events.onLink(ends[1].link);
  }

  function createEnds(a: Station, b: Station): readonly [End, End] {
    const wires = { open: true };
    const close = (reason: string): void => {
      if (!wires.open) return;
      wires.open = false;
      a.links.delete(b.name);
      b.links.delete(a.name);
      time.after(0, () => {
        endA.closed(reason);
        endB.closed(reason);
      });
    };
    const fromA: Lane = { at: 0, open: true };
    const fromB: Lane = { at: 0, open: true };
    const endOf = (remote: Station, initiator: boolean, out: Lane, back: Lane, other: () => End): End => {
      const send = (message: Uint8Array): void => transmit(wires, message, other, out);
      const kill = (): void => {
        out.open = false;
        back.open = false;
        time.after(Math.max(0, out.at - time.now()), () => {
          close('the other process is gone');
          connectAll();
        });
      };
      return { ...createEnd(remote.name, initiator, send, () => close('closed')), kill };
    };
    const endA: End = endOf(b, true, fromA, fromB, () => endB);
    const endB: End = endOf(a, false, fromB, fromA, () => endA);
    return [endA, endB];
  }

  /** Messages of one direction keep their order, whatever their delays. */
  function transmit(wires: { readonly open: boolean }, message: Uint8Array, to: () => End, lane: Lane): void {
    if (!wires.open || !lane.open) return;
    count(message);
    const delay = options.minDelayMs + random.next() * (options.maxDelayMs - options.minDelayMs);
    lane.at = Math.max(lane.at, time.now() + delay);
    time.after(lane.at - time.now(), () => {
      if (wires.open) to().deliver(message);
    });
  }

  function count(message: Uint8Array): void {
    sent.bytes += message.length;
    const frame = wholeFrame(message);
    if (frame?.type === 'ping' || frame?.type === 'pong') return;
    sent.frames++;
    if (frame?.type === 'entries' || frame?.type === 'push') sent.versions += frame.versions.length;
  }

  return {
    sent,
    factory: (name) => ({
      key: `simulated ${name}`,
      create(events): Transport {
        const station: Station = { name, rooms: new Set(), events, links: new Map() };
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
      stations.get(a)?.links.get(b)?.link.close();
    },
    heal() {
      cuts.clear();
      connectAll();
    },
    kill(name) {
      const station = stations.get(name);
      stations.delete(name);
      for (const end of station?.links.values() ?? []) end.kill();
    },
  };
}

/** The simulator's messages are below the chunk size, unless a frame is large: those count as frames without versions. */
function wholeFrame(message: Uint8Array): Frame | undefined {
  const bytes = createAssembler().push(message);
  return bytes === undefined ? undefined : decodeFrame(bytes);
}

function createEnd(
  remoteId: string,
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
      ...{ remoteId, initiator, maxMessageBytes: 16 * 1024 * 1024, bufferedBytes: 0, send, close, abandon: close },
      onMessage(listener) {
        onMessage = listener;
        for (const message of early.splice(0)) listener(message);
      },
      onDrain: () => undefined,
      onDoubt: () => undefined,
      onClose(listener) {
        onClose = listener;
        if (closedBy !== undefined) listener(closedBy);
      },
    },
  };
}
