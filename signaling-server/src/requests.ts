/** Answers the three requests of a client, for its room on this process and, where there are several, on all. */
import {
  type JoinReply,
  parseOutgoingSignal,
  parseRoomMessage,
  type Refusal,
  type Reply,
  refuse,
} from '@rxdb-p2p/protocol/signaling';
import type { Cluster } from './cluster/cluster.ts';
import type { Delivery } from './delivery.ts';
import type { Departure, RoomQuota, Rooms } from './rooms.ts';

/** Who asks. */
export interface Client {
  readonly id: string;
  /** Whether its token is good for this room. */
  readonly opensRoom: (room: string) => boolean;
  /** What all sockets of its address may be in. */
  readonly quota: RoomQuota;
  /** Whether it may make one more request, and one more join, now. */
  takeRequest(): boolean;
  takeJoin(): boolean;
}

export interface Requests {
  /** `event` and `message` are as the client sent them: anything. */
  answer(client: Client, event: unknown, message: unknown): JoinReply | Reply | Promise<JoinReply | Reply>;
  /** The rooms that a client has joined. */
  roomsOf(id: string): readonly string[];
  /** The client is gone: it leaves all rooms. */
  end(id: string): void;
}

/** The process's own part, and what other processes may ask of it. */
export interface RequestsDeps {
  readonly rooms: Rooms;
  readonly delivery: Delivery;
  /** Undefined: there is one process. */
  readonly cluster: Cluster | undefined;
}

export function createRequests({ rooms, delivery, cluster }: RequestsDeps): Requests {
  function announce(peer: string, { room, audience }: Departure): void {
    for (const listener of audience) delivery.left(listener, { room, peer });
    cluster?.left(
      room,
      peer,
      audience.filter((listener) => cluster.isRemote(listener)),
    );
  }

  function join({ id, quota, opensRoom, takeJoin }: Client, message: unknown): JoinReply | Promise<JoinReply> {
    const parsed = parseRoomMessage(message);
    if (!parsed.ok) return parsed;
    const { room } = parsed.value;
    if (!opensRoom(room)) return refuse('NAMESPACE_NOT_ALLOWED', 'the token is not for rooms of this namespace');
    if (!takeJoin()) return tooMany('joins');
    const entered = rooms.enter(id, room, quota);
    if (!entered.ok) return entered;
    return cluster?.up === true ? joinEverywhere(cluster, id, room) : joinHere(id, room);
  }

  function joinHere(id: string, room: string): JoinReply {
    return { ok: true, self: id, ...rooms.draw(id, room) };
  }

  async function joinEverywhere(everywhere: Cluster, id: string, room: string): Promise<JoinReply> {
    const joined = await everywhere.join(room, id);
    // It may have left, or its connection have ended, meanwhile: nobody is told of anybody.
    if (!rooms.has(room, id)) return refuse('NOT_IN_ROOM', 'left while it was joined');
    if (joined === undefined) return joinHere(id, room);
    const { others, size } = joined;
    for (const other of others) rooms.introduce(room, id, other);
    everywhere.met(
      room,
      id,
      others.filter((other) => everywhere.isRemote(other)),
    );
    return { ok: true, self: id, members: others, size };
  }

  function leave(id: string, message: unknown): Reply {
    const parsed = parseRoomMessage(message);
    if (!parsed.ok) return parsed;
    depart(id, rooms.leave(id, parsed.value.room));
    return { ok: true };
  }

  function depart(id: string, departure: Departure): void {
    cluster?.leave(departure.room, id);
    announce(id, departure);
  }

  function signal(id: string, message: unknown): Reply | Promise<Reply> {
    const parsed = parseOutgoingSignal(message);
    if (!parsed.ok) return parsed;
    const { room, to, data } = parsed.value;
    if (cluster?.isRemote(to) === true && rooms.has(room, id)) return signalElsewhere(cluster, room, id, to, data);
    const connected = rooms.connect(id, to, room);
    return connected.ok ? delivery.signal(to, { room, from: id, data }) : connected;
  }

  async function signalElsewhere(
    { signal: send }: Cluster,
    room: string,
    from: string,
    to: string,
    data: string,
  ): Promise<Reply> {
    // Its process looks whether it is in the room; if it is not, the sender hears that it has left.
    if (!(await send(room, from, to, data))) {
      return refuse('PEER_NOT_IN_ROOM', 'the peer is gone, or its process cannot be reached now');
    }
    rooms.introduce(room, to, from);
    rooms.introduce(room, from, to);
    return { ok: true };
  }

  return {
    answer(client, event, message) {
      if (!client.takeRequest()) return tooMany('requests');
      switch (event) {
        case 'join':
          return join(client, message);
        case 'leave':
          return leave(client.id, message);
        case 'signal':
          return signal(client.id, message);
        default:
          return refuse('BAD_MESSAGE', 'expected one of the events join, leave and signal');
      }
    },
    roomsOf: rooms.of,
    end(id) {
      for (const departure of rooms.leaveAll(id)) depart(id, departure);
    },
  };
}

function tooMany(what: string): Refusal {
  return refuse('RATE_LIMITED', `too many ${what} of this client or its address; wait a second`);
}
