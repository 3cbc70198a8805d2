/**
 * Links with some of the members of our rooms, `choice.ts` says how many. Who joins dials members that the server
 * names; a member answers. Of two that dial each other at once the one with the smaller name goes on. A transport has
 * one random name for as long as it lives, so that a link is known again whatever ids the server gives to its ends. A little
 * long: the parts that decide are in files of their own, and this one shows how they hang together.
 */
import { P2PError } from '@rxdb-p2p/protocol';
import type { Timers } from '../../pool/timers.ts';
import type { Link } from '../port.ts';
import type { SignalingClient, SignalingEvents } from '../signaling/signaling-client.ts';
import { createDataChannelLink, type LinkEnd } from '../webrtc/data-channel-link.ts';
import type { PeerConnection, PeerConnectionEvents } from '../webrtc/peer-connection.ts';
import { type Attempt, createAttempts } from './attempts.ts';
import { chooseDispensable, wantsMore } from './choice.ts';
import { createDialing } from './dialing.ts';
import { createLinkTable, type LinkEntry } from './link-table.ts';
import { createLiving } from './living.ts';
import type { MeshLimits } from './mesh-limits.ts';
import { createReception } from './reception.ts';
import { createRemotes } from './remotes.ts';
import { createRenewal } from './renewal.ts';
import { createRoomSearch } from './room-search.ts';
import { createSealing, type SealLibrary } from './sealing.ts';
import type { SignalBody } from './signal-codec.ts';
import { createSpeech } from './speech.ts';

export interface MeshDeps {
  readonly createSignaling: (events: Omit<SignalingEvents, 'onProblem' | 'onTurn'>) => SignalingClient;
  readonly connect: (initiator: boolean, events: PeerConnectionEvents) => PeerConnection;
  readonly limits: MeshLimits;
  readonly timers: Timers;
  /** 128 random bits in base64url */
  readonly randomName: () => string;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly library: SealLibrary;
  /** Something in a room was refused: a signal that no member has sealed, or a connection to somebody else. */
  readonly onRefused: (room: string, problem: P2PError) => void;
  readonly onUnreachable: (room: string) => void;
  readonly onLink: (link: Link) => void;
}

export interface Mesh {
  /** What was dropped of what came through the server: not understood, of an earlier attempt, too much. */
  readonly droppedSignals: number;
  /** How many links are kept for a room. */
  linksIn(room: string): number;
  /** @param key of the topic, for signals */
  join(room: string, key: Uint8Array): void;
  leave(room: string): void;
  /** The network is back or another one, or this device has slept: looks after every link, and tries all anew. */
  wake(): void;
  /** Dials those anew whose links were not wanted. */
  redial(): void;
  /** Ends all links, at once, and leaves the server until `wake`. */
  sleep(): void;
  close(): Promise<void>;
}

export function createMesh({ connect, limits, timers, randomName, library, ...deps }: MeshDeps): Mesh {
  const instance = randomName();
  const sealing = createSealing({ library, randomBytes: deps.randomBytes });
  const { now, random } = timers;
  const { send, announce, bye } = createSpeech({
    ...{ instance, sealing },
    signal: (room, peer, data) => signaling.signal(room, peer, data),
  });
  /** members of each room at the server's last count, this one included */
  const rooms = new Map<string, number>();
  const links = createLinkTable();
  const living = createLiving(connect, timers);
  let droppedSignals = 0;

  const attempts = createAttempts(living.connect, limits.connectTimeoutMs, timers, {
    onSignal({ remote, name, insists, initiator, room }, body) {
      const said: SignalBody = insists && body.kind === 'offer' ? { ...body, insist: true } : body;
      send(remotes.current(remote), { name, body: said, fromDialler: initiator }, room);
    },
    onOpen,
    onFailed,
    onEnd: ({ name }, error) => links.named(name)?.link.ended(error),
    onDoubt({ name }) {
      links.named(name)?.link.doubt();
      // It is not always the other side whose network has changed.
      signaling.check();
    },
  });
  const remotes = createRemotes(limits, random, (remote) => {
    return attempts.with(remote) !== undefined || dialing.linkWith(remote) !== undefined;
  });
  const dialing = createDialing({ remotes, links, attempts, limits, timers, randomName, sizeOf, announce });
  const reception = createReception({
    ...{ instance, remotes, links, attempts, dialing, limits, timers, sealing, library },
    ...{ share, unshare, unreachable, left: onLeft },
    announce: (remote, room) => announce(remote, randomName(), room),
    answer: (remote, name, body, room) => send(remote, { name, body, fromDialler: false }, room),
  });
  const isWanting = (room: string): boolean =>
    rooms.has(room) && wantsMore(links.count(room), sizeOf(room), limits.links);
  const search = createRoomSearch(limits.search, timers, isWanting, (room) => signaling.join(room));
  const renewal = createRenewal({
    delays: limits.renewal,
    timers,
    rooms: () => [...rooms.keys()].filter((room) => links.count(room) > 0 && sizeOf(room) - 1 > links.count(room)),
    ask: (room) => signaling.join(room),
  });
  const signaling = deps.createSignaling({
    onJoined(room, members, size) {
      rooms.set(room, size);
      remotes.redrawn(room, members);
      for (const peer of members) {
        const remote = remotes.meet(room, peer);
        if (remote === undefined) break;
        const entry = dialing.linkWith(remote);
        if (entry !== undefined) share(entry, room);
        dialing.named(remote, room);
      }
      search.answered(room);
      dialing.dialAll();
      if (renewal.isDue(room)) dialing.exchange(room);
    },
    onJoinRefused: (room) => search.answered(room),
    onSignal(room, from, data) {
      const refusal = reception.receive(room, from, data);
      if (refusal !== undefined) droppedSignals += 1;
      if (refusal instanceof P2PError) deps.onRefused(room, refusal);
    },
    onSignalRefused(room, to, code) {
      if (code === 'NOT_IN_ROOM' && rooms.has(room)) signaling.join(room);
      if (code === 'PEER_NOT_IN_ROOM') onLeft(room, to);
    },
    onLeft,
    onDisconnected() {
      // Whatever cut us off from the server may have cut our links, too.
      for (const { link } of links) link.doubt();
      // What was said lately may not have been heard, and answers come to an id that is no longer ours.
      attempts.dropUnanswered(() => true);
      remotes.clear();
      sealing.renew();
      search.stopAll();
      dialing.stop();
      renewal.disturbed();
    },
  });

  function sizeOf(room: string): number {
    return 1 + remotes.countIn(room, (rooms.get(room) ?? 1) - 1);
  }

  function share(entry: LinkEntry, room: string): void {
    entry.rooms.add(room);
    search.found(room);
  }

  function unshare(entry: LinkEntry, room: string): void {
    entry.rooms.delete(room);
    if (entry.rooms.size === 0) entry.link.abort('closed by the other side');
    else search.lost(room);
  }

  function onLeft(room: string, peer: string): void {
    remotes.left(room, peer);
    if (remotes.get(peer) !== undefined) return;
    attempts.dropUnanswered(({ remote }) => remote.peer === peer);
    dialing.dialAll();
  }

  function onFailed(attempt: Attempt, error: Error | undefined): void {
    const current = remotes.current(attempt.remote);
    bye(current, attempt, 'failed');
    if (error instanceof P2PError) deps.onRefused(attempt.room, error);
    else unreachable(attempt);
    dialing.retryLater(current);
  }

  /** Both sides are there, and have no way to each other; a first attempt may fail by chance. */
  function unreachable({ connection, remote, room }: Attempt): void {
    if (!connection.described) return;
    remote.failures += 1;
    if (remote.failures > 1 && links.count(room) === 0) deps.onUnreachable(room);
  }

  function onOpen(attempt: Attempt): void {
    const { name, remote, room, initiator, connection } = attempt;
    const { instance: remoteId } = remote;
    const other = remoteId === undefined ? undefined : links.get(remoteId);
    const current = remotes.current(remote);
    const shared = [...attempt.rooms, ...(current?.rooms ?? [])].filter((room) => rooms.has(room));
    const fingerprints = connection.fingerprints();
    if (fingerprints instanceof P2PError) {
      deps.onRefused(room, fingerprints);
      connection.destroy();
      return;
    }
    // Two links in spite of all: both sides keep the one with the smaller name.
    const unwanted = remoteId === undefined || shared.length === 0 || (other !== undefined && other.name < name);
    if (unwanted || (other === undefined && !makePlace(attempt.insists))) {
      connection.destroy();
      return;
    }
    other?.link.abort('replaced by another link');
    const link = createDataChannelLink({
      ...{ connection, remoteId, initiator, room, fingerprints, onSuspicion: signaling.check },
      onSpare: () => onSpare(entry),
      onEnd: (by) => onLinkEnd(entry, by),
    });
    remote.failures = 0;
    const entry: LinkEntry = { instance: remoteId, name, link, room, connection, since: now(), rooms: new Set(shared) };
    links.add(entry);
    for (const room of shared) search.found(room);
    if (current !== undefined) dialing.tell(current);
    deps.onLink(link);
    dialing.dialAll();
  }

  function onSpare({ rooms: shared, link }: LinkEntry): void {
    for (const room of shared) (link.isSpare ? search.lost : search.found)(room);
    dialing.dialAll();
  }

  /** Gives up a link of no use, or one for an attempt that insists, so that there are never more than allowed. */
  function makePlace(insists: boolean): boolean {
    if (links.size < limits.links) return true;
    const [spare] = links.spare;
    const entry = spare ?? (insists ? chooseDispensable(links, limits.stableMs, timers) : undefined);
    entry?.link.close();
    return entry !== undefined;
  }

  function onLinkEnd(entry: LinkEntry, by: LinkEnd): void {
    if (!links.remove(entry)) return;
    const remote = remotes.named(entry.instance);
    if (now() - entry.since >= limits.stableMs) remote?.backoff.reset();
    if (by === 'broken') {
      bye(remote, { ...entry, initiator: entry.link.initiator }, 'failed');
      signaling.check();
      renewal.disturbed();
      // The other side may not know yet that it has to dial.
      if (remote !== undefined) remote.ours = true;
    }
    for (const room of entry.rooms) search.lost(room);
    if (remote !== undefined) remote.refused = by === 'here';
    // What the owner of a link did not want is not pressed on it again soon.
    dialing.retryLater(remote, by === 'here' ? limits.retry.maxMs : undefined);
  }

  function leave(room: string): void {
    rooms.delete(room);
    for (const entry of links) {
      if (!entry.rooms.delete(room)) continue;
      const remote = remotes.named(entry.instance);
      if (entry.rooms.size === 0) entry.link.close();
      else if (remote?.rooms.has(room)) {
        const { name, link } = entry;
        send(remote, { name, body: { kind: 'leave' }, fromDialler: link.initiator }, room);
      }
    }
    for (const attempt of attempts) {
      attempt.rooms.delete(room);
      // Without the room's keys nobody can prove anything.
      if (attempt.rooms.size > 0 && attempt.room !== room) continue;
      bye(remotes.current(attempt.remote), attempt, 'busy');
      attempts.drop(attempt);
    }
    signaling.leave(room);
    search.stop(room);
    remotes.roomLeft(room);
    sealing.leave(room);
  }

  return {
    get droppedSignals() {
      return droppedSignals + signaling.badMessages;
    },
    linksIn: links.count,
    join(room, key) {
      if (!rooms.has(room)) {
        rooms.set(room, 0);
        sealing.join(room, key);
      }
      signaling.join(room);
    },
    leave,
    wake() {
      for (const { link } of links) link.doubt();
      signaling.wake();
      renewal.disturbed();
      dialing.retryNow();
    },
    redial: dialing.redial,
    sleep() {
      attempts.dropAll();
      for (const { link } of links) link.abort('the page is left');
      signaling.sleep();
    },
    async close() {
      renewal.stop();
      for (const room of [...rooms.keys()]) leave(room);
      attempts.dropAll();
      signaling.close();
      search.stopAll();
      dialing.stop();
      await living.settled();
    },
  };
}
