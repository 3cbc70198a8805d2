/** Answers the three requests of a client. */
import {
  type JoinReply,
  parseOutgoingSignal,
  parseRoomMessage,
  type Reply,
  refuse,
} from '@rxdb-p2p/protocol/signaling';
import type { Delivery } from './delivery.ts';
import type { Departure, Rooms } from './rooms.ts';

export interface Requests {
  /** `event` and `message` are as the client sent them: anything. */
  answer(id: string, event: unknown, message: unknown): JoinReply | Reply;
  /** The client is gone: it leaves all rooms. */
  end(id: string): void;
}

export function createRequests(rooms: Rooms, delivery: Delivery): Requests {
  function announce(peer: string, { room, audience }: Departure): void {
    for (const listener of audience) delivery.left(listener, { room, peer });
  }

  function join(id: string, message: unknown): JoinReply {
    const parsed = parseRoomMessage(message);
    return parsed.ok ? rooms.join(id, parsed.value.room) : parsed;
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
    answer(id, event, message) {
      switch (event) {
        case 'join':
          return join(id, message);
        case 'leave':
          return leave(id, message);
        case 'signal':
          return signal(id, message);
        default:
          return refuse('BAD_MESSAGE', 'expected one of the events join, leave and signal');
      }
    },
    end(id) {
      for (const departure of rooms.leaveAll(id)) announce(id, departure);
    },
  };
}
