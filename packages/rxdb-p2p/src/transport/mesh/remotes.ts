/** Members of our rooms as the signaling server knows them: by the ids of their sockets, which change. Bounded. */
import { type Backoff, createBackoff } from '../backoff.ts';
import { serverOf } from '../signaling/several-servers.ts';
import type { MeshLimits } from './mesh-limits.ts';
import type { RemoteSession } from './sealing.ts';

export interface Remote {
  /** its id at the signaling server */
  readonly peer: string;
  /** rooms in which we both are, as far as we know */
  readonly rooms: Set<string>;
  /** rooms of these in which it has got a signal, so that it knows that we are there */
  readonly told: Set<string>;
  /** its stay in each of them, once it has said it: without that nothing can be said to it alone */
  readonly sessions: Map<string, RemoteSession>;
  /** Connections that we have announced ourselves under, and have no answer to, by room. */
  readonly asked: Map<string, string>;
  /** The name of its transport, once it has said it. */
  instance: string | undefined;
  /** The server named it to us, so we dial; those who were named to it, or have come later, are dialled by it. */
  ours: boolean;
  /** Its last link was ended by the owner of this transport. */
  refused: boolean;
  /** No attempt of ours before this time, milliseconds. */
  notBefore: number;
  /** It has been asked for its name, and until this time, milliseconds, we wait for the answer before we dial. */
  askedUntil: number;
  /** When its last offer and its last hello came, milliseconds. */
  lastOffer: number;
  lastHello: number;
  /** Attempts in a row that it took part in, and that came to nothing. */
  failures: number;
  readonly backoff: Backoff;
}

export interface Remotes extends Iterable<Remote> {
  get(peer: string): Remote | undefined;
  /** The one with this name that is in a room of ours. */
  named(instance: string): Remote | undefined;
  /** Those that are this one by ids which it had before at the same server. */
  earlier(remote: Remote): Remote[];
  /** What the server knows now of a remote that we began something with. */
  current(remote: Remote): Remote | undefined;
  /** Devices in a room: as many as the server has counted, less those known by two ids, and at least those we know of. */
  countIn(room: string, counted: number): number;
  /** A member of a room; undefined when no more can be remembered. */
  meet(room: string, peer: string): Remote | undefined;
  /** The server has drawn a new sample of a room: those of earlier ones, unless busy, are no longer ours to dial. */
  redrawn(room: string, members: readonly string[]): void;
  left(room: string, peer: string): void;
  /** We have left a room. */
  roomLeft(room: string): void;
  /** Our own connection to the server is lost: nobody is where it was. */
  clear(): void;
}

/** @param busy whether a remote is being dialled or linked, so that it cannot make room for another one */
export function createRemotes(limits: MeshLimits, random: () => number, busy: (remote: Remote) => boolean): Remotes {
  const remotes = new Map<string, Remote>();

  function makeRoom(): boolean {
    if (remotes.size < limits.remotes) return true;
    for (const remote of remotes.values()) {
      if (remote.ours || busy(remote)) continue;
      return remotes.delete(remote.peer);
    }
    return false;
  }

  function leave(remote: Remote, room: string): void {
    remote.rooms.delete(room);
    remote.told.delete(room);
    remote.sessions.delete(room);
    remote.asked.delete(room);
    if (remote.rooms.size === 0) remotes.delete(remote.peer);
  }

  function named(instance: string): Remote | undefined {
    // The latest: a transport that has lost its connection to the server comes back by another id.
    return [...remotes.values()].findLast((remote) => remote.instance === instance);
  }

  return {
    [Symbol.iterator]: () => remotes.values(),
    get: (peer) => remotes.get(peer),
    named,
    earlier: (remote) =>
      [...remotes.values()].filter(
        ({ peer, instance }) =>
          peer !== remote.peer && instance === remote.instance && serverOf(peer) === serverOf(remote.peer),
      ),
    current: ({ peer, instance }) => remotes.get(peer) ?? (instance === undefined ? undefined : named(instance)),
    countIn(room, counted) {
      const ids = [...remotes.values()].filter(({ rooms }) => rooms.has(room));
      const devices = new Set(ids.map(({ peer, instance }) => instance ?? peer)).size;
      // Others have come since it counted, and have said who they are.
      return Math.max(counted - (ids.length - devices), devices);
    },
    meet(room, peer) {
      const known = remotes.get(peer);
      if (known !== undefined) {
        known.rooms.add(room);
        return known;
      }
      if (!makeRoom()) return undefined;
      const remote: Remote = {
        peer,
        rooms: new Set([room]),
        told: new Set(),
        sessions: new Map(),
        asked: new Map(),
        instance: undefined,
        ours: false,
        refused: false,
        notBefore: 0,
        askedUntil: 0,
        lastOffer: Number.NEGATIVE_INFINITY,
        lastHello: Number.NEGATIVE_INFINITY,
        failures: 0,
        backoff: createBackoff(limits.retry, random),
      };
      remotes.set(peer, remote);
      return remote;
    },
    redrawn(room, members) {
      const named = new Set(members);
      for (const remote of remotes.values()) {
        if (remote.rooms.has(room) && !named.has(remote.peer) && !busy(remote)) remote.ours = false;
      }
    },
    left(room, peer) {
      const remote = remotes.get(peer);
      if (remote !== undefined) leave(remote, room);
    },
    roomLeft(room) {
      for (const remote of [...remotes.values()]) leave(remote, room);
    },
    clear() {
      for (const remote of remotes.values()) remote.rooms.clear();
      remotes.clear();
    },
  };
}
