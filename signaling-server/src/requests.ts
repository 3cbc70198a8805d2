/** Answers the three requests of a client. */
import {
  type JoinReply,
  parseOutgoingSignal,
  parseRoomMessage,
  type Refusal,
  type Reply,
  refuse,
} from '@rxdb-p2p/protocol/signaling';
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
  answer(client: Client, event: unknown, message: unknown): JoinReply | Reply;
  /** The rooms that a client has joined. */
  roomsOf(id: string): readonly string[];
  /** The client is gone: it leaves all rooms. */
  end(id: string): void;
}

export function createRequests(rooms: Rooms, delivery: Delivery): Requests {
  function announce(peer: string, { room, audience }: Departure): void {
    for (const listener of audience) delivery.left(listener, { room, peer });
  }

  function join({ id, quota, opensRoom, takeJoin }: Client, message: unknown): JoinReply {
    const parsed = parseRoomMessage(message);
    if (!parsed.ok) return parsed;
    if (!opensRoom(parsed.value.room)) {
      return refuse('NAMESPACE_NOT_ALLOWED', 'the token is not for rooms of this namespace');
    }
    return takeJoin() ? rooms.join(id, parsed.value.room, quota) : tooMany('joins');
  }

  function leave(id: string, message: unknown): Reply {
    const parsed = parseRoomMessage(message);
    if (!parsed.ok) return parsed;
    announce(id, rooms.leave(id, parsed.value.room));
    return { ok: true };
  }

  function signal(id: string, message: unknown): Reply {
    const parsed = parseOutgoingSignal(message);
    if (!parsed.ok) return parsed;
    const { room, to, data } = parsed.value;
    const connected = rooms.connect(id, to, room);
    return connected.ok ? delivery.signal(to, { room, from: id, data }) : connected;
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
      for (const departure of rooms.leaveAll(id)) announce(id, departure);
    },
  };
}

function tooMany(what: string): Refusal {
  return refuse('RATE_LIMITED', `too many ${what} of this client or its address; wait a second`);
}
