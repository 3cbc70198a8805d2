/** Which socket is in which room. Knows ids only: it sends nothing, and what it keeps ends with its sockets. */
import { type Refusal, type Reply, refuse } from '@rxdb-p2p/protocol/signaling';
import { createRoom, type Room } from './room.ts';

/** A member has left a room; these have to hear of it. */
export interface Departure {
  readonly room: string;
  readonly audience: readonly string[];
}

/** How many rooms the sockets of one address are in. */
export interface RoomQuota {
  /** One more, unless there are too many. */
  enterRoom(): boolean;
  exitRoom(): void;
}

export interface Rooms {
  /** Rooms that have a member. */
  readonly size: number;
  readonly names: readonly string[];
  /** Members of a room, of this process. */
  membersOf(room: string): readonly string[];
  has(room: string, id: string): boolean;
  /** A socket passes the same quota each time. */
  enter(id: string, room: string, quota: RoomQuota): Reply;
  /** Some of the other members of this process; the socket is told of them now. */
  draw(id: string, room: string): { readonly members: readonly string[]; readonly size: number };
  /** Leaves one room; leaving a room that one is not in does nothing. */
  leave(id: string, room: string): Departure;
  /** The rooms that a socket is in. */
  of(id: string): readonly string[];
  /** Leaves all rooms. */
  leaveAll(id: string): readonly Departure[];
  /** Whether this process has both ends of a signal in this room; if so, they know of each other from now on. */
  connect(from: string, to: string, room: string): Reply;
  /** Notes that the listener was told of the subject; one of them is of this process. */
  introduce(room: string, listener: string, subject: string): void;
  /** Somebody of another process has left a room. */
  forgetStranger(room: string, id: string): void;
  /** Forgets everything, and tells nobody. */
  clear(): void;
}

export interface RoomsOptions {
  readonly roomsPerSocket: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export function createRooms({ roomsPerSocket, random }: RoomsOptions): Rooms {
  // Maps, not objects: a room may be called `__proto__`.
  const rooms = new Map<string, Room>();
  const joined = new Map<string, { readonly names: Set<string>; readonly quota: RoomQuota }>();

  function leave(id: string, name: string): Departure {
    const room = rooms.get(name);
    const audience = room?.leave(id) ?? [];
    if (room?.size === 0) rooms.delete(name);
    const own = joined.get(id);
    if (own?.names.delete(name) === true) own.quota.exitRoom();
    if (own?.names.size === 0) joined.delete(id);
    return { room: name, audience };
  }

  const of = (id: string): readonly string[] => [...(joined.get(id)?.names ?? [])];

  return {
    get size() {
      return rooms.size;
    },
    get names() {
      return [...rooms.keys()];
    },
    membersOf: (name) => rooms.get(name)?.members ?? [],
    has: (name, id) => rooms.get(name)?.has(id) === true,
    enter(id, name, quota) {
      const own = joined.get(id) ?? { names: new Set(), quota };
      if (!own.names.has(name)) {
        if (own.names.size >= roomsPerSocket) return tooManyRooms(`a socket may be in ${roomsPerSocket} rooms`);
        if (!quota.enterRoom()) return tooManyRooms('the sockets of this address are in too many rooms');
      }
      const room = rooms.get(name) ?? createRoom(random);
      rooms.set(name, room);
      own.names.add(name);
      joined.set(id, own);
      room.enter(id);
      return { ok: true };
    },
    draw(id, name) {
      const room = rooms.get(name);
      return { members: room?.draw(id) ?? [], size: room?.size ?? 0 };
    },
    leave,
    of,
    leaveAll: (id) => of(id).map((name) => leave(id, name)),
    connect(from, to, name) {
      const room = rooms.get(name);
      if (room === undefined || !room.has(from)) return refuse('NOT_IN_ROOM', 'join the room before signaling in it');
      if (from === to) return refuse('BAD_MESSAGE', 'a signal to oneself');
      if (!room.has(to)) return refuse('PEER_NOT_IN_ROOM', 'the peer is not, or no longer, in the room');
      room.introduce(from, to);
      room.introduce(to, from);
      return { ok: true };
    },
    introduce: (name, listener, subject) => rooms.get(name)?.introduce(listener, subject),
    forgetStranger: (name, id) => rooms.get(name)?.forgetStranger(id),
    clear() {
      rooms.clear();
      joined.clear();
    },
  };
}

function tooManyRooms(why: string): Refusal {
  return refuse('TOO_MANY_ROOMS', `${why}; leave one first`);
}
