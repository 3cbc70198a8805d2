/** Every limit of the server, with its unit and its reason. What it keeps for a client is bounded by these alone. */

/** One WebSocket message, bytes: the longest signal, twice over for escapes in its JSON. The connection ends above it. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024;

/** From the WebSocket to the socket.io connection on it, milliseconds: one round trip, on a bad network. */
export const CONNECT_TIMEOUT_MS: number = 10_000;

/** What clients have to say goodbye when the server stops, milliseconds; then their connections are cut. */
export const CLOSE_GRACE_MS: number = 1_000;

/** From the first byte to the last header of an HTTP request, milliseconds. Nobody needs longer for a handshake. */
export const REQUEST_TIMEOUT_MS: number = 10_000;

/**
 * Who is told that a member has left: those who were told of it, at most this many, the latest. A pool has some 16
 * connections; a peer that misses the notice learns it from its data channel.
 */
export const MAX_NOTICES_PER_MEMBER: number = 64;

/** Limits that a host may change. A bucket holds its burst and is refilled at its rate. */
export interface SignalingLimits {
  /** Connections to this server. An idle one takes about 21 KiB, measured with 4,000 in one room on Node 20. */
  readonly connections: number;
  /** Rooms that one socket is in: one for each topic of a database. */
  readonly roomsPerSocket: number;
  /** Requests (join, leave, signal) of one socket, above which it is told RATE_LIMITED. */
  readonly requestBurst: number;
  /** 16 new peers with 20 candidates each are 320 requests at once; afterwards a client is quiet. */
  readonly requestsPerSecond: number;
  /** Packets of one connection, refused requests included, above which it is cut off. */
  readonly packetBurst: number;
  readonly packetsPerSecond: number;
  /** Bytes that one connection sends, WebSocket frames included, above which it is cut off. */
  readonly byteBurst: number;
  readonly bytesPerSecond: number;
  /**
   * Bytes that wait for a client which reads slowly. Above it signals for it are refused; at twice as many it is
   * cut off as soon as it sends anything.
   */
  readonly waitingBytes: number;
}

export const DEFAULT_LIMITS: SignalingLimits = {
  connections: 20_000,
  roomsPerSocket: 128,
  requestBurst: 512,
  requestsPerSecond: 50,
  packetBurst: 2_048,
  packetsPerSecond: 100,
  byteBurst: 4 * 1024 * 1024,
  bytesPerSecond: 128 * 1024,
  waitingBytes: 1024 * 1024,
};

export interface Heartbeat {
  /** Between two pings, milliseconds. Below the 60 s after which common proxies cut an idle connection. */
  readonly intervalMs: number;
  /** What a client has to answer one, milliseconds. A dead client is gone, at the latest, after both together. */
  readonly timeoutMs: number;
}

export const DEFAULT_HEARTBEAT: Heartbeat = { intervalMs: 20_000, timeoutMs: 10_000 };
