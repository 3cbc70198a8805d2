/**
 * All connections that one database makes through one transport: one per remote replica, whatever number of topics and
 * collections they carry (ARCHITECTURE §5).
 */
import type { ByeCode, ChannelOffer, Directions, HelloFrame, RefuseCode, SyncFrame } from '@rxdb-p2p/protocol';
import { P2PError } from '@rxdb-p2p/protocol';
import type { LinkRoute, Transport, TransportFactory } from '../transport/port.ts';
import { type Connection, createConnection } from './connection.ts';
import { connectionName, hex, tabOf, timeText } from './tab-names.ts';
import type { Timers } from './timers.ts';

/** What a pool offers to every peer of its room. */
export interface Registration {
  readonly offer: ChannelOffer;
  /** A peer whose clock is further off is refused, milliseconds; `Infinity`: nobody is. */
  readonly maxClockDifferenceMs: number;
  isPeerValid(replica: string): boolean | Promise<boolean>;
  /** A peer is connected, whether or not it shares this topic. */
  opened(channel: OpenChannel): void;
  received(channel: OpenChannel, frame: SyncFrame): void;
  closed(channel: OpenChannel): void;
  /** @param problem the whole of it, where there is more to say */
  refused(replica: string, code: RefuseCode | 'CLOCK_DIFFERS', text: string, problem?: P2PError): void;
  /** The connection with a replica is over; refusals are forgotten. */
  gone(replica: string): void;
  /** Something went wrong with one connection, and is over. */
  problem(error: P2PError): void;
  /** What keeps the transport from working, until it says `undefined`. */
  transport(problem: P2PError | undefined): void;
}

export interface OpenChannel {
  /** unique among all channels of the hub */
  readonly id: string;
  readonly replica: string;
  readonly directions: Directions;
  send(frame: SyncFrame): void;
  writable(): Promise<void>;
  /** Whether a large frame is coming in, part by part. */
  isReceiving(): boolean;
  violation(text: string): void;
  /** Refuses the channel alone, for what came on it. */
  refuse(code: RefuseCode, text: string): void;
  /** How the connection goes through the network; undefined: not known. */
  route(): Promise<LinkRoute | undefined>;
  /** Closes this channel alone: the replica has opened a newer one. */
  drop(): void;
}

export interface Hub {
  /** @returns a function that takes the offer back */
  register(room: string, registration: Registration): () => void;
  close(): Promise<void>;
}

export interface HubDeps {
  readonly factory: TransportFactory;
  readonly replica: string;
  /** 16 random bytes of this tab */
  readonly session: Uint8Array;
  readonly timers: Timers;
  readonly randomBytes: (count: number) => Uint8Array;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  /** Whether a session, in hexadecimal digits, is one of this replica's own tabs. */
  readonly isOwnTab: (session: string) => Promise<boolean>;
  /** Another device has this replica's key pair. @param yields whether it is this one that takes another */
  readonly onCloned: (yields: boolean) => void;
}

/** Devices come and go, and nobody has done anything wrong: `peers$` tells of it, `error$` does not. */
const EXPECTED_ENDS: ReadonlySet<ByeCode | 'LINK_CLOSED'> = new Set([
  'CLOSED',
  'LINK_CLOSED',
  'TIMED_OUT',
  'DUPLICATE_CONNECTION',
  'REPLICA_CLONED',
]);

/** How long a connection of the replica with itself stays, so that both ends learn of it, milliseconds. */
const MEET_SELF_MS = 1_000;

/** How long an older connection with the same replica has to show that it still works, milliseconds. */
const PROBE_MS = 3_000;

export function createHub(deps: HubDeps): Hub {
  const { factory, replica, session, timers, randomBytes, wallClock } = deps;
  const registrations = new Map<Registration, string>();
  const rooms = new Map<string, { count: number; leave: () => void }>();
  /** connections that carry channels, by remote tab */
  const connections = new Map<string, Connection>();
  const all = new Set<Connection>();
  /** channel numbers by registration, for each connection that carries channels */
  const offered = new Map<Connection, Map<Registration, number>>();
  let lastId = 0;
  let transportProblem: P2PError | undefined;
  let closed = false;

  const transport: Transport = factory.create({
    onLink(link) {
      if (closed) {
        link.close();
        return;
      }
      const nonce = randomBytes(16);
      const hello: HelloFrame = {
        ...{ type: 'hello', replica, session, nonce, features: [] },
        time: Math.round(wallClock()),
      };
      all.add(
        createConnection(link, hello, timers, { onMet: (connection, peer) => met(connection, peer, nonce), onEnd }),
      );
    },
    onProblem(problem) {
      const error =
        problem === undefined || problem instanceof P2PError
          ? problem
          : new P2PError('TRANSPORT_FAILED', 'the transport reports a problem', { cause: problem });
      transportProblem = error;
      for (const registration of registrations.keys()) registration.transport(error);
    },
  });

  const names = new Map<Connection, string>();

  function met(connection: Connection, peer: HelloFrame, nonce: Uint8Array): void {
    all.add(connection);
    names.set(connection, connectionName(nonce, peer.nonce));
    if (peer.replica === replica) void meetSelf(connection, peer);
    else {
      const tab = tabOf(peer);
      const older = connections.get(tab);
      if (older === undefined) adopt(connection, peer);
      else void decide(older, connection, peer);
    }
  }

  /** [CONN-11] Another tab of ours, or another device with our key pair. */
  async function meetSelf(connection: Connection, peer: HelloFrame): Promise<void> {
    // A storage that fails says nothing about the peer.
    const isOurs = hex(peer.session) === hex(session) || (await deps.isOwnTab(hex(peer.session)).catch(() => true));
    // Not at once: what ends a link can overtake what was said on it, and the other side has to learn of it.
    // Whoever takes a copy for a tab of his own waits to be told better.
    timers.after(isOurs ? 3 * MEET_SELF_MS : MEET_SELF_MS, () => {
      if (connection.closed) return;
      if (isOurs) connection.end('DUPLICATE_CONNECTION', 'this is another tab of the replica');
      else connection.end('REPLICA_CLONED', 'another device has the key pair of this replica');
    });
  }

  /** [CONN-4] Of two live connections with one tab of a replica the one with the smaller name stays; a dead one never does. */
  async function decide(older: Connection, younger: Connection, peer: HelloFrame): Promise<void> {
    const alive = await older.isAlive(PROBE_MS);
    if (younger.closed || closed) return;
    const current = connections.get(tabOf(peer));
    if (current !== undefined && current !== older) {
      await decide(current, younger, peer);
      return;
    }
    if (alive && (names.get(older) ?? '') < (names.get(younger) ?? '')) {
      younger.end('DUPLICATE_CONNECTION', 'another connection with this replica stays');
      return;
    }
    older.end('DUPLICATE_CONNECTION', 'a newer connection with this replica replaces this one');
    adopt(younger, peer);
  }

  function adopt(connection: Connection, peer: HelloFrame): void {
    connections.set(tabOf(peer), connection);
    offered.set(connection, new Map());
    for (const registration of registrations.keys()) offerSafely(connection, registration, peer.replica);
  }

  function offerSafely(connection: Connection, registration: Registration, peer: string): void {
    offer(connection, registration, peer).catch((cause: unknown) => {
      registration.problem(
        new P2PError('PROTOCOL_ERROR', 'a channel could not be offered', { cause, got: String(cause) }),
      );
    });
  }

  async function offer(connection: Connection, registration: Registration, peer: string): Promise<void> {
    let valid = false;
    try {
      valid = await registration.isPeerValid(peer);
    } catch (cause) {
      registration.problem(
        new P2PError('PEER_CHECK_FAILED', 'isPeerValid failed; the peer is not let in', { cause, got: String(cause) }),
      );
    }
    const numbers = offered.get(connection);
    if (connection.closed || numbers === undefined || !registrations.has(registration)) return;
    let open: OpenChannel | undefined;
    // [CONN-22] Nothing is judged by clocks but the peer itself, as long as it is here.
    const skew = clocksApart(connection, registration.maxClockDifferenceMs);
    const number = connection.offer(registration.offer, !valid || skew !== undefined, {
      opened(channel, directions) {
        lastId++;
        open = {
          id: String(lastId),
          replica: peer,
          directions,
          send: (frame) => connection.send(channel, frame),
          writable: () => connection.writable(),
          isReceiving: () => connection.receiving,
          violation: (text) => connection.end('PROTOCOL_ERROR', text),
          refuse: (code, text) => connection.refuse(channel, code, text),
          route: () => connection.route(),
          drop() {
            const number = numbers.get(registration);
            numbers.delete(registration);
            if (number !== undefined) connection.withdraw(number);
          },
        };
        registration.opened(open);
      },
      received(_, frame) {
        if (open !== undefined) registration.received(open, frame);
      },
      refused: (_, code, text) => registration.refused(peer, code, text),
      closed() {
        const gone = open;
        open = undefined;
        if (gone !== undefined) registration.closed(gone);
      },
    });
    numbers.set(registration, number);
    if (skew !== undefined) registration.refused(peer, 'CLOCK_DIFFERS', skew.message, skew);
    else if (!valid) registration.refused(peer, 'NOT_ALLOWED', 'isPeerValid refused this peer');
  }

  /** Both clocks, when they are too far apart. */
  function clocksApart({ peer }: Connection, maxMs: number): P2PError | undefined {
    const own = Math.round(wallClock());
    if (peer === null || Math.abs(peer.time - own) <= maxMs) return undefined;
    return new P2PError('CLOCK_DIFFERS', `the clocks of this device and of peer ${peer.replica} are too far apart`, {
      expected: `at most ${maxMs} ms`,
      got: `${timeText(own)} here, ${timeText(peer.time)} there`,
      hint: 'set the wrong one right and reload; the option `maxClockDifferenceMs` allows more',
    });
  }

  function onEnd(connection: Connection, code: ByeCode | 'LINK_CLOSED', text: string, byPeer: boolean): void {
    all.delete(connection);
    names.delete(connection);
    offered.delete(connection);
    const hello = connection.peer;
    const peer = hello?.replica;
    const carried = hello !== null && connections.get(tabOf(hello)) === connection;
    if (carried) connections.delete(tabOf(hello));
    // A copied profile knows the tabs of the other one for its own, so one of the two may have to be told.
    if (code === 'REPLICA_CLONED' && peer === replica && hello !== null && !closed)
      deps.onCloned(hex(session) > hex(hello.session));
    const expected = EXPECTED_ENDS.has(code);
    for (const registration of registrations.keys()) {
      if (carried && peer !== undefined) registration.gone(peer);
      if (!expected) {
        const who = byPeer ? 'the peer ended' : 'we ended';
        registration.problem(
          new P2PError(code, `${who} the connection${peer === undefined ? '' : ` with ${peer}`}`, { got: text }),
        );
      }
    }
  }

  return {
    register(room, registration) {
      registrations.set(registration, room);
      if (transportProblem !== undefined) registration.transport(transportProblem);
      const joined = rooms.get(room);
      if (joined === undefined) rooms.set(room, { count: 1, leave: transport.join(room) });
      else joined.count++;
      for (const connection of connections.values())
        if (connection.peer !== null) offerSafely(connection, registration, connection.peer.replica);
      return () => {
        if (!registrations.delete(registration)) return;
        for (const [connection, numbers] of offered) {
          const number = numbers.get(registration);
          numbers.delete(registration);
          if (number !== undefined) connection.withdraw(number);
        }
        const left = rooms.get(room);
        if (left === undefined) return;
        left.count--;
        if (left.count > 0) return;
        rooms.delete(room);
        left.leave();
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const connection of [...all]) connection.end('CLOSED', 'the pool was cancelled');
      await transport.close();
    },
  };
}
