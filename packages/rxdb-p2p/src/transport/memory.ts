/**
 * Transports that find each other inside one process: for tests, simulations and benchmarks. Deterministic when its
 * scheduler is. Unlike a real transport it does not dial again by itself after a link was closed: that would never end
 * where two peers refuse each other without delay. `heal` and `join` dial.
 */
import { MAX_MESSAGE_BYTES } from './link-limits.ts';
import type { Wire } from './memory-lane.ts';
import { createMemoryLinkPair, type MemoryLinkPair, type Party } from './memory-link.ts';
import type { Link, Transport, TransportEvents, TransportFactory } from './port.ts';
import { createRoomUsers, type RoomUsers } from './room-users.ts';
import { createTurns, type Schedule } from './turns.ts';

export interface MemoryNetworkOptions {
  /** Runs a function later, in order for equal delays. Default: the event loop's turns and timers. */
  readonly schedule?: Schedule;
  /** One-way delay of a message, milliseconds. Default none: what is sent in one turn arrives together in the next. */
  readonly delayMs?: (from: string, to: string, bytes: number) => number;
  /** Whether two peers of one room may have a link: lines, stars and rings. Default: all may. */
  readonly mayLink?: (a: string, b: string) => boolean;
  /** Bytes. Default that of a data channel between two Chromium. */
  readonly maxMessageBytes?: number;
  /** Sees every message as it is sent. */
  readonly tap?: (from: string, to: string, message: Uint8Array) => void;
}

export interface MemoryNetwork {
  /**
   * For the peer of this name; `cut` and `stall` know it by it. Its links are called after it, and, for the second
   * transport of one name and later ones, numbered.
   */
  factory(name?: string): TransportFactory;
  /** messages sent so far */
  readonly messages: number;
  /** bytes sent so far */
  readonly bytes: number;
  /** links that are open now */
  readonly links: number;
  /** Closes the links between two peers, loses what is under way, and lets them have no new one. */
  cut(a: string, b: string): void;
  /** Holds up what two peers send each other, and new links between them. */
  stall(a: string, b: string): void;
  /** Ends all that `cut` and `stall` did, and links those again who share a room. */
  heal(): void;
}

interface Member extends Party {
  readonly events: TransportEvents;
  readonly rooms: RoomUsers;
  /** by the other end's id */
  readonly links: Map<string, { readonly own: Link; readonly pair: MemoryLinkPair }>;
}

export function createMemoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const { schedule = createTurns(), mayLink = () => true } = options;
  const members = new Map<string, Member>();
  const cuts = new Set<string>();
  const stalls = new Set<string>();
  let factories = 0;
  let messages = 0;
  let bytes = 0;

  const wire: Wire = {
    schedule,
    maxMessageBytes: options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
    delayMs: options.delayMs,
    stalled: (from, to) => stalls.size > 0 && stalls.has(pairKey(from, to)),
    sent(from, to, message) {
      messages += 1;
      bytes += message.byteLength;
      options.tap?.(from, to, message);
    },
  };

  function dial(from: Member, to: Member): void {
    if (from === to || from.links.has(to.id) || !share(from, to) || !mayLink(from.name, to.name)) return;
    const key = pairKey(from.name, to.name);
    if (cuts.has(key) || stalls.has(key)) return;
    const room = [...from.rooms.rooms].find((shared) => to.rooms.has(shared)) ?? '';
    const pair = createMemoryLinkPair(wire, room, from, to, (own, remote) => {
      const links = members.get(own.id)?.links;
      if (links?.get(remote.id)?.pair === pair) links.delete(remote.id);
    });
    from.links.set(to.id, { own: pair.dialler, pair });
    to.links.set(from.id, { own: pair.answerer, pair });
    schedule(
      () => {
        announce(from, to.id, pair);
        announce(to, from.id, pair);
      },
      options.delayMs?.(from.name, to.name, 0) ?? 0,
    );
  }

  /** Unless the link was closed before anybody knew of it. */
  function announce(member: Member, remoteId: string, pair: MemoryLinkPair): void {
    const entry = member.links.get(remoteId);
    if (entry?.pair === pair) member.events.onLink(entry.own);
  }

  function dialMembers(member: Member, room: string): void {
    for (const other of members.values()) if (other.rooms.has(room)) dial(member, other);
  }

  function closeUnshared(member: Member): void {
    for (const [remoteId, { own }] of [...member.links]) {
      const other = members.get(remoteId);
      if (other === undefined || !share(member, other)) own.close();
    }
  }

  function createTransport(name: string, events: TransportEvents): Transport {
    let number = 1;
    while (members.has(numbered(name, number))) number += 1;
    const rooms = createRoomUsers({
      wanted: (room) => dialMembers(member, room),
      unwanted: () => closeUnshared(member),
    });
    const member: Member = { name, id: numbered(name, number), events, rooms, links: new Map() };
    members.set(member.id, member);
    let closed = false;
    return {
      redial() {
        for (const room of member.rooms.rooms) dialMembers(member, room);
      },
      join: (room, key) => (closed ? () => undefined : rooms.use(room, key)),
      close() {
        closed = true;
        rooms.clear();
        members.delete(member.id);
        return Promise.resolve();
      },
    };
  }

  function* pairs(): Iterable<readonly [Member, Member, MemoryLinkPair]> {
    for (const member of members.values()) {
      for (const [remoteId, { pair }] of [...member.links]) {
        const other = members.get(remoteId);
        if (other !== undefined) yield [member, other, pair];
      }
    }
  }

  return {
    factory(given) {
      factories += 1;
      const name = given ?? `peer${factories}`;
      return { key: `memory:${name}`, create: (events) => createTransport(name, events) };
    },
    get messages() {
      return messages;
    },
    get bytes() {
      return bytes;
    },
    get links() {
      let ends = 0;
      for (const member of members.values()) ends += member.links.size;
      return Math.ceil(ends / 2);
    },
    cut(a, b) {
      const key = pairKey(a, b);
      cuts.add(key);
      for (const [one, other, pair] of pairs()) if (pairKey(one.name, other.name) === key) pair.drop('network cut');
    },
    stall: (a, b) => void stalls.add(pairKey(a, b)),
    heal() {
      cuts.clear();
      stalls.clear();
      for (const [, , pair] of pairs()) pair.resume();
      const all = [...members.values()];
      for (const [index, from] of all.entries()) for (const to of all.slice(index + 1)) dial(from, to);
    },
  };
}

function numbered(name: string, number: number): string {
  return number === 1 ? name : `${name}#${number}`;
}

function share(a: Member, b: Member): boolean {
  for (const room of a.rooms.rooms) if (b.rooms.has(room)) return true;
  return false;
}

function pairKey(a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}
