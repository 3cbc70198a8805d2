/** Which socket is in which room. Knows ids only: it sends nothing, and what it keeps ends with its sockets. */
import { type JoinReply, type Refusal, type Reply, refuse } from '@rxdb-p2p/protocol/signaling';
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
  /** A socket passes the same quota each time. */
  join(id: string, room: string, quota: RoomQuota): JoinReply;
  /** Leaves one room; leaving a room that one is not in does nothing. */
  leave(id: string, room: string): Departure;
  /** The rooms that a socket is in. */
  of(id: string): readonly string[];
  /** Leaves all rooms. */
  leaveAll(id: string): readonly Departure[];
  /** Whether `from` may send `to` a signal in this room; if so, they know of each other from now on. */
  connect(from: string, to: string, room: string): Reply;
  /** Forgets everything, and tells nobody. */
  clear(): void;
}

export interface RoomsOptions {
  readonly roomsPerSocket: number;
  /** In [0, 1), as Math.random. */
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
    join(id, name, quota) {
      const own = joined.get(id) ?? { names: new Set(), quota };
      if (!own.names.has(name)) {
        if (own.names.size >= roomsPerSocket) return tooManyRooms(`a socket may be in ${roomsPerSocket} rooms`);
        if (!quota.enterRoom()) return tooManyRooms('the sockets of this address are in too many rooms');
      }
      const room = rooms.get(name) ?? createRoom(random);
      rooms.set(name, room);
      own.names.add(name);
      joined.set(id, own);
      const members = room.join(id);
      return { ok: true, self: id, members, size: room.size };
    },
    leave,
    of,
    leaveAll: (id) => of(id).map((name) => leave(id, name)),
    connect(from, to, name) {
      const room = rooms.get(name);
      if (room === undefined || !room.has(from)) return refuse('NOT_IN_ROOM', 'join the room before signaling in it');
      if (from === to) return refuse('BAD_MESSAGE', 'a signal to oneself');
      if (!room.has(to)) return refuse('PEER_NOT_IN_ROOM', 'the peer is not, or no longer, in the room');
      room.acquaint(from, to);
      return { ok: true };
    },
    clear() {
      rooms.clear();
      joined.clear();
    },
  };
}

function tooManyRooms(why: string): Refusal {
  return refuse('TOO_MANY_ROOMS', `${why}; leave one first`);
}
