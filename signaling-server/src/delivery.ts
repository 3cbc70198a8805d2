/** Sends to sockets by id, and keeps no more for a slow one than it may. */
import {
  type ClientToServerEvents,
  type IncomingSignal,
  type LeftMessage,
  type Reply,
  type RoomMessage,
  refuse,
  type ServerToClientEvents,
} from '@rxdb-p2p/protocol/signaling';
import type { Socket } from 'socket.io';
import type { ConnectionMeter } from './connection-meter.ts';

export type SignalingSocket = Socket<ClientToServerEvents, ServerToClientEvents>;

export interface Delivery {
  add(id: string, socket: SignalingSocket, meter: ConnectionMeter): void;
  remove(id: string): void;
  signal(to: string, message: IncomingSignal): Reply;
  /** Best effort: a client that reads too slowly learns from its data channel that the peer is gone. */
  left(to: string, message: LeftMessage): void;
  changed(to: string, message: RoomMessage): void;
}

export function createDelivery(maxWaitingBytes: number): Delivery {
  const recipients = new Map<string, { readonly socket: SignalingSocket; readonly meter: ConnectionMeter }>();

  function writable(id: string): SignalingSocket | undefined {
    const recipient = recipients.get(id);
    return recipient !== undefined && recipient.meter.waitingBytes() <= maxWaitingBytes ? recipient.socket : undefined;
  }

  return {
    add: (id, socket, meter) => void recipients.set(id, { socket, meter }),
    remove: (id) => void recipients.delete(id),
    signal(to, message) {
      const socket = writable(to);
      if (socket === undefined) return refuse('RATE_LIMITED', 'the peer reads more slowly than it is sent signals');
      socket.emit('signal', message);
      return { ok: true };
    },
    left: (to, message) => void writable(to)?.emit('left', message),
    changed: (to, message) => void writable(to)?.emit('changed', message),
  };
}
