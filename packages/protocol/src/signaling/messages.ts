/**
 * What a signaling client and server say to each other, as socket.io events. To the server a room is an opaque
 * name and a signal an opaque string; ids of peers are set by the server and last as long as the socket.
 *
 * A client that has a token sends it as `auth: { token }` of the socket.io connection, never in the URL. One that is not
 * let in is told so by socket.io's `connect_error`, whose `data` is a ByeMessage.
 *
 * client → server   `join`  { room }             ack JoinReply
 *                   `leave` { room }             ack Reply
 *                   `signal` { room, to, data }  ack Reply
 *                   `token` { token }            ack Reply: it takes the place of the one that the client came with
 * server → client   `signal` { room, from, data }
 *                   `left`  { room, peer }       to those who were told of the peer, in either direction
 *                   `changed` { room }           there may be members that the peer was not told of: join again
 *                   `turn`  { urls, username, credential, seconds }  a TURN server, good for so long; instead of earlier ones
 *                   `renew`                      the client's token ends soon: send another one
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

/** A token, characters. JWTs with many claims have some 2,000. */
export const MAX_TOKEN_LENGTH: number = 8_192;

/** URLs of one TURN server: UDP, TCP and TLS on some ports. Browsers become slow with more servers than five. */
export const MAX_TURN_URLS: number = 8;
/** As RFC 7065 has them, and not longer than a name of a host can make them. */
export const TURN_URL_PATTERN: RegExp =
  /^turns?:(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?$/;
/** Name and password for a TURN server, characters. */
export const MAX_TURN_CREDENTIAL_LENGTH: number = 512;
/** How long a client keeps one that says that it is good for longer, seconds. */
export const MAX_TURN_SECONDS: number = 86_400;

/** Why a token is refused. */
export const AUTH_CODES = [
  'TOKEN_REQUIRED',
  'TOKEN_INVALID',
  'TOKEN_UNSIGNED',
  'TOKEN_ALGORITHM',
  'TOKEN_EXPIRED',
  'TOKEN_NOT_YET_VALID',
  'TOKEN_ISSUER',
  'TOKEN_AUDIENCE',
  'TOKEN_NAMESPACES',
  'AUTH_UNAVAILABLE',
] as const;
export type AuthCode = (typeof AUTH_CODES)[number];

const REQUEST_CODES = [
  'BAD_MESSAGE',
  'BAD_ROOM',
  'NOT_IN_ROOM',
  'PEER_NOT_IN_ROOM',
  'SIGNAL_TOO_LARGE',
  'TOO_MANY_ROOMS',
  'RATE_LIMITED',
  'NAMESPACE_NOT_ALLOWED',
] as const;
/** Why a request is refused. */
export type SignalingCode = (typeof REQUEST_CODES)[number] | AuthCode;
export const SIGNALING_CODES: readonly SignalingCode[] = [...REQUEST_CODES, ...AUTH_CODES];

/** Why a server ends a connection, or takes none. */
export type ByeCode = 'RATE_LIMITED' | 'NAMESPACE_NOT_ALLOWED' | 'SERVER_CLOSING' | AuthCode;
export const BYE_CODES: readonly ByeCode[] = ['RATE_LIMITED', 'NAMESPACE_NOT_ALLOWED', 'SERVER_CLOSING', ...AUTH_CODES];

export interface RoomMessage {
  readonly room: string;
}
export interface OutgoingSignal extends RoomMessage {
  readonly to: string;
  readonly data: string;
}
export interface TokenMessage {
  readonly token: string;
}
export interface IncomingSignal extends RoomMessage {
  readonly from: string;
  readonly data: string;
}
export interface LeftMessage extends RoomMessage {
  readonly peer: string;
}

export interface TurnMessage {
  readonly urls: readonly string[];
  readonly username: string;
  readonly credential: string;
  /** for how long from now on a connection may be made with it */
  readonly seconds: number;
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
  token(message: TokenMessage, reply: (answer: Reply) => void): void;
}
export interface ServerToClientEvents {
  renew(): void;
  signal(message: IncomingSignal): void;
  left(message: LeftMessage): void;
  changed(message: RoomMessage): void;
  turn(message: TurnMessage): void;
  bye(message: ByeMessage): void;
}
