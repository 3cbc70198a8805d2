/**
 * What a signaling client and server say to each other, as socket.io events. To the server a room is an opaque
 * name and a signal an opaque string; ids of peers are set by the server and last as long as the socket.
 *
 * client → server   `join`  { room }             ack JoinReply
 *                   `leave` { room }             ack Reply
 *                   `signal` { room, to, data }  ack Reply
 * server → client   `signal` { room, from, data }
 *                   `left`  { room, peer }       to those who were told of the peer, in either direction
 *                   `bye`   { code, message }    why the server is about to end the connection
 */

/** Length of a room name, UTF-16 units: `namespace/opaque id`. */
export const MAX_ROOM_LENGTH: number = 200;
/** Characters of a room name. */
export const ROOM_PATTERN: RegExp = /^[A-Za-z0-9._~/-]{1,200}$/;
/** Length of a signal, characters. An SDP with many candidates has about 6 KB; sealing and base64 add half. */
export const MAX_SIGNAL_LENGTH: number = 32 * 1024;
/** Members a join may return, and the length of the sample that a server should give. */
export const MAX_ROOM_SAMPLE: number = 16;

export const SIGNALING_CODES = [
  'BAD_MESSAGE',
  'BAD_ROOM',
  'NOT_IN_ROOM',
  'PEER_NOT_IN_ROOM',
  'SIGNAL_TOO_LARGE',
  'TOO_MANY_ROOMS',
  'RATE_LIMITED',
] as const;
export type SignalingCode = (typeof SIGNALING_CODES)[number];

/** Why a server ends a connection. */
export const BYE_CODES = ['RATE_LIMITED'] as const;
export type ByeCode = (typeof BYE_CODES)[number];

export interface RoomMessage {
  readonly room: string;
}
export interface OutgoingSignal extends RoomMessage {
  readonly to: string;
  readonly data: string;
}
export interface IncomingSignal extends RoomMessage {
  readonly from: string;
  readonly data: string;
}
export interface LeftMessage extends RoomMessage {
  readonly peer: string;
}

export interface ByeMessage {
  readonly code: ByeCode;
  /** one or two sentences for a log */
  readonly message: string;
}

export type Refusal = { readonly ok: false; readonly code: SignalingCode; readonly message: string };
export type Reply = { readonly ok: true } | Refusal;
export type JoinReply =
  | {
      readonly ok: true;
      /** this client's own id */
      readonly self: string;
      /** a random sample of the other members, at most MAX_ROOM_SAMPLE */
      readonly members: readonly string[];
      /** members of the room, this client included */
      readonly size: number;
    }
  | Refusal;

export interface ClientToServerEvents {
  join(message: RoomMessage, reply: (answer: JoinReply) => void): void;
  leave(message: RoomMessage, reply: (answer: Reply) => void): void;
  signal(message: OutgoingSignal, reply: (answer: Reply) => void): void;
}
export interface ServerToClientEvents {
  signal(message: IncomingSignal): void;
  left(message: LeftMessage): void;
  bye(message: ByeMessage): void;
}
