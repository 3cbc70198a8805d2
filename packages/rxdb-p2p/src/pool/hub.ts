/**
 * All connections that one database makes through one transport: one per remote replica, whatever number of topics and
 * collections they carry (ARCHITECTURE §5).
 */
import type {
  ByeCode,
  ChannelOffer,
  Directions,
  Handshake,
  HelloFrame,
  PeerIntroduction,
  RefuseCode,
  SyncFrame,
} from '@rxdb-p2p/protocol';
import { P2PError } from '@rxdb-p2p/protocol';
import type { ReplicaHandshakeOptions, TopicKeys } from '@rxdb-p2p/protocol/secrecy';
import type { Link, LinkRoute, Transport, TransportFactory } from '../transport/port.ts';
import { type Connection, type ConnectionBeginning, createConnection } from './connection.ts';
import { createEphemeralKeys } from './ephemeral-keys.ts';
import { createOffers } from './offers.ts';
import { createPenalties } from './penalties.ts';
import { hex, tabOf } from './tab-names.ts';
import type { Timers } from './timers.ts';
import { createTopicRooms } from './topic-rooms.ts';
import type { PeerRights } from './types.ts';

/** What a pool offers to every peer of its room. */
export interface Registration {
  readonly offer: ChannelOffer;
  /** A peer whose clock is further off is refused, milliseconds; `Infinity`: nobody is. */
  readonly maxClockDifferenceMs: number;
  /** What the application lets a peer do. Rejects with a P2PError when it fails to say so: then it is nothing. */
  rightsOf(replica: string): Promise<PeerRights>;
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
  /** Something of the room was refused before it became a connection. */
  refusedSignal(problem: P2PError): void;
  /** Somebody is in the room, and there is no way to them. */
  unreachable(): void;
  /** What keeps the transport from working, until it says `undefined`. */
  transport(problem: P2PError | undefined): void;
}

export interface OpenChannel {
  /** unique among all channels of the database: one collection has channels on several hubs */
  readonly id: string;
  readonly replica: string;
  readonly directions: Directions;
  send(frame: SyncFrame): void;
  writable(): Promise<void>;
  /** Whether a large frame is coming in, part by part. */
  isReceiving(): boolean;
  violation(text: string): void;
  /** Ends the connection: an answer does not come. */
  stalled(text: string): void;
  /** Refuses the channel alone, for what came on it. */
  refuse(code: RefuseCode, text: string): void;
  /** How the connection goes through the network; undefined: not known. */
  route(): Promise<LinkRoute | undefined>;
  /** Closes this channel alone: the replica has opened a newer one. */
  drop(): void;
}

export interface Hub {
  /** Connects with those in the topic's room, before there is anything to open. @returns what ends it; to be called once */
  enter(keys: TopicKeys): () => void;
  register(keys: TopicKeys, registration: Registration): Registered;
  /** The block list has changed. @param isShorter somebody may come back */
  enforceBlocks(isShorter: boolean): void;
  close(): Promise<void>;
}

export interface Registered {
  /** Asks the application again what each peer may do. Resolves when all that follows is done here. */
  recheck(): Promise<void>;
  /** Takes the offer back. */
  end(): void;
}

export interface HubDeps {
  readonly factory: TransportFactory;
  readonly replica: string;
  /** Proves that this is the replica, and to whom. */
  readonly handshake: (options: Omit<ReplicaHandshakeOptions, 'signer'>) => Handshake;
  /** 16 random bytes of this tab */
  readonly session: Uint8Array;
  readonly timers: Timers;
  readonly randomBytes: (count: number) => Uint8Array;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  /** Whether a session, in hexadecimal digits, is one of this replica's own tabs. */
  readonly isOwnTab: (session: string) => Promise<boolean>;
  /** Whether the application has blocked a replica. */
  readonly isBlocked: (replica: string) => boolean;
  /** A name that no other channel of the database has, on whatever hub. */
  readonly nameChannel: () => string;
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

/** Ends for which the peer is to blame. */
const OFFENCES: ReadonlySet<ByeCode | 'LINK_CLOSED'> = new Set([
  ...(['PROTOCOL_ERROR', 'FRAME_TOO_LARGE', 'OVER_BUDGET', 'TOPIC_UNPROVED'] as const),
]);

/** How long a connection of the replica with itself stays, so that both ends learn of it, milliseconds. */
const MEET_SELF_MS = 1_000;

/** How long an older connection with the same replica has to show that it still works, milliseconds. */
const PROBE_MS = 3_000;

export function createHub(deps: HubDeps): Hub {
  const { factory, replica, session, timers, randomBytes, wallClock } = deps;
  const registrations = new Map<Registration, string>();
  const ephemerals = createEphemeralKeys();
  /** connections that carry channels, by remote tab */
  const connections = new Map<string, Connection>();
  const all = new Set<Connection>();
  const penalties = createPenalties(timers.now);
  /** connections of replicas that have to wait, one for each, and what ends the waiting */
  const held = new Map<string, { readonly connection: Connection; readonly stop: () => void }>();
  const offers = createOffers({
    ...{ isRegistered: (registration) => registrations.has(registration), wallClock },
    nameChannel: deps.nameChannel,
  });
  let transportProblem: P2PError | undefined;
  let closed = false;

  const rooms = createTopicRooms((room, signalKey) => transport.join(room, signalKey));
  const transport: Transport = factory.create({
    onLink(link) {
      if (closed) {
        link.close();
        return;
      }
      const keys = rooms.keysOf(link.room);
      // We have left the room meanwhile. If there is another one that both are in, the transport tries again.
      if (keys === undefined) link.abandon();
      else all.add(createConnection(link, begin(link, keys), timers, { onMet: met, onEnd }));
    },
    onRefused(room, problem) {
      for (const [registration, name] of registrations) if (name === room) registration.refusedSignal(problem);
    },
    onUnreachable(room) {
      for (const [registration, name] of registrations) if (name === room) registration.unreachable();
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

  function begin(link: Link, { room, handshake: psk }: TopicKeys): ConnectionBeginning {
    const { initiator, fingerprints } = link;
    const binding = { room, ownFingerprint: fingerprints.own, remoteFingerprint: fingerprints.remote };
    const self: HelloFrame = { type: 'hello', session, features: [], time: Math.round(wallClock()) };
    return { self, handshake: deps.handshake({ initiator, psk, binding, ephemerals, ephemeral: randomBytes(32) }) };
  }

  function met(connection: Connection, peer: PeerIntroduction): void {
    all.add(connection);
    // [CONN-31] It learns that, and nothing else.
    if (deps.isBlocked(peer.replica)) connection.end('BLOCKED', '');
    else if (peer.replica === replica) void meetSelf(connection, peer);
    else if (penalties.delayOf(peer.replica) > 0) hold(connection, peer);
    else welcome(connection, peer);
  }

  /** [CONN-33] One at a time: what it opens meanwhile waits for its answer. */
  function hold(connection: Connection, peer: PeerIntroduction): void {
    if (held.has(peer.replica)) {
      connection.end('DUPLICATE_CONNECTION', 'another connection of this replica waits already');
      return;
    }
    const stop = timers.after(penalties.delayOf(peer.replica), () => {
      held.delete(peer.replica);
      welcome(connection, peer);
    });
    held.set(peer.replica, { connection, stop });
  }

  function letGo(peer: string, connection: Connection): void {
    const waiting = held.get(peer);
    if (waiting?.connection !== connection) return;
    waiting.stop();
    held.delete(peer);
  }

  function welcome(connection: Connection, peer: PeerIntroduction): void {
    const older = connections.get(tabOf(peer));
    if (older === undefined) adopt(connection, peer);
    else void decide(older, connection, peer);
  }

  /** [CONN-11] Another tab of ours, or another device with our key pair. */
  async function meetSelf(connection: Connection, peer: PeerIntroduction): Promise<void> {
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
  async function decide(older: Connection, younger: Connection, peer: PeerIntroduction): Promise<void> {
    const alive = await older.isAlive(PROBE_MS);
    if (younger.closed || closed) return;
    const current = connections.get(tabOf(peer));
    if (current !== undefined && current !== older) {
      await decide(current, younger, peer);
      return;
    }
    if (alive && older.name < younger.name) {
      younger.end('DUPLICATE_CONNECTION', 'another connection with this replica stays');
      return;
    }
    older.end('DUPLICATE_CONNECTION', 'a newer connection with this replica replaces this one');
    adopt(younger, peer);
  }

  function adopt(connection: Connection, peer: PeerIntroduction): void {
    connections.set(tabOf(peer), connection);
    offers.begin(connection);
    for (const registration of registrations.keys()) offers.offer(connection, registration);
  }

  function onEnd(connection: Connection, code: ByeCode | 'LINK_CLOSED', text: string, byPeer: boolean): void {
    all.delete(connection);
    offers.forget(connection);
    const hello = connection.peer;
    const peer = hello?.replica;
    const carried = hello !== null && connections.get(tabOf(hello)) === connection;
    if (carried) connections.delete(tabOf(hello));
    if (peer !== undefined) letGo(peer, connection);
    if (peer !== undefined && !byPeer && OFFENCES.has(code)) penalties.note(peer);
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
    enter: rooms.use,
    register(keys, registration) {
      const { room } = keys;
      registrations.set(registration, room);
      if (transportProblem !== undefined) registration.transport(transportProblem);
      const leave = rooms.use(keys);
      for (const connection of connections.values()) offers.offer(connection, registration);
      const end = (): void => {
        if (!registrations.delete(registration)) return;
        offers.withdraw(registration);
        leave();
      };
      return { end, recheck: () => offers.recheck(registration) };
    },
    enforceBlocks(isShorter) {
      for (const connection of [...all])
        if (connection.peer !== null && deps.isBlocked(connection.peer.replica)) connection.end('BLOCKED', '');
      if (isShorter) transport.redial?.();
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const connection of [...all]) connection.end('CLOSED', 'the pool was cancelled');
      await transport.close();
    },
  };
}
