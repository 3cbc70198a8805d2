/** Every limit of the server, with its unit and its reason. What it keeps for a client is bounded by these alone. */

/** One WebSocket message, bytes: the longest signal, twice over for escapes in its JSON. The connection ends above it. */
export const MAX_MESSAGE_BYTES: number = 64 * 1024;

/** From the WebSocket to the socket.io connection on it, milliseconds: one round trip, on a bad network. */
export const CONNECT_TIMEOUT_MS: number = 10_000;

/** What clients have to say goodbye when the server stops, milliseconds; then their connections are cut. */
export const CLOSE_GRACE_MS: number = 1_000;

/** Between two groups of clients that are told to move on, milliseconds, and how many such a group has at least. */
export const DRAIN_STEP_MS: number = 100;
export const MIN_DRAIN_BATCH: number = 50;

/** Over which clients are told to move on when the server stops, milliseconds: 1,000 a second with 5,000 of them. */
export const DEFAULT_DRAIN_MS: number = 5_000;

/** From the first byte to the last header of an HTTP request, milliseconds. Nobody needs longer for a handshake. */
export const REQUEST_TIMEOUT_MS: number = 10_000;

/**
 * Who is told that a member has left: those who were told of it, at most this many, the latest. A pool has some 16
 * connections; a peer that misses the notice learns it from its data channel.
 */
export const MAX_NOTICES_PER_MEMBER: number = 64;

/** Peers of other processes that a room remembers for each member: all whom it knows, all who know it, and some forgotten. */
export const MAX_STRANGERS_PER_MEMBER: number = 2 * MAX_NOTICES_PER_MEMBER + 64;

/** From saying goodbye to a client that goes too far until its connection is cut, milliseconds: a slow round trip. */
export const CUT_GRACE_MS: number = 1_000;

/** What is read of one client before it is the others' turn, bytes: one read of Node. Work of some milliseconds. */
export const MAX_TURN_BYTES: number = 64 * 1024;

/** Addresses without a connection whose use is remembered, about 0.6 KB each. Above it the oldest start afresh. */
export const MAX_IDLE_ACCOUNTS: number = 50_000;

/** Limits that a host may change. A bucket holds its burst and is refilled at its rate. */
export interface SignalingLimits {
  /** Connections to this server. An idle one takes about 21 KiB, measured with 4,000 in one room on Node 20. */
  readonly connections: number;
  /** Rooms that one socket is in: one for each topic of a database. */
  readonly roomsPerSocket: number;
  /** Joins of one socket, above which it is told RATE_LIMITED: all of its rooms, twice. */
  readonly joinBurst: number;
  readonly joinsPerSecond: number;
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
  /**
   * Connections of one address. An address may be a school behind one router; IPv6 counts as one for each /64. The
   * limits of an address are those of some tens of busy clients, or of hundreds of quiet ones.
   */
  readonly addressConnections: number;
  /** New connections of one address, refused ones included; all of them come back at once after a restart. */
  readonly addressConnectBurst: number;
  readonly addressConnectsPerSecond: number;
  /** Rooms of all sockets of one address, counted once for each socket. */
  readonly addressRooms: number;
  readonly addressJoinBurst: number;
  readonly addressJoinsPerSecond: number;
  readonly addressRequestBurst: number;
  readonly addressRequestsPerSecond: number;
  readonly addressByteBurst: number;
  readonly addressBytesPerSecond: number;
}

export const DEFAULT_LIMITS: SignalingLimits = {
  connections: 20_000,
  roomsPerSocket: 128,
  joinBurst: 256,
  joinsPerSecond: 10,
  requestBurst: 512,
  requestsPerSecond: 50,
  packetBurst: 1_024,
  packetsPerSecond: 100,
  byteBurst: 4 * 1024 * 1024,
  bytesPerSecond: 128 * 1024,
  waitingBytes: 1024 * 1024,
  addressConnections: 512,
  addressConnectBurst: 1_024,
  addressConnectsPerSecond: 20,
  addressRooms: 8_192,
  addressJoinBurst: 8_192,
  addressJoinsPerSecond: 100,
  addressRequestBurst: 16_384,
  addressRequestsPerSecond: 1_000,
  addressByteBurst: 64 * 1024 * 1024,
  addressBytesPerSecond: 2 * 1024 * 1024,
};

export interface Heartbeat {
  /** Between two pings, milliseconds. Below the 60 s after which common proxies cut an idle connection. */
  readonly intervalMs: number;
  /** What a client has to answer one, milliseconds. A dead client is gone, at the latest, after both together. */
  readonly timeoutMs: number;
}

export const DEFAULT_HEARTBEAT: Heartbeat = { intervalMs: 20_000, timeoutMs: 10_000 };

/** What Redis has for one answer, milliseconds: it answers within some; above it the connection counts as lost. */
export const REDIS_TIMEOUT_MS: number = 2_000;
/** Between two signs of life of Redis, and, times 0.5 to 1.5, between two attempts to reach it, milliseconds. */
export const REDIS_PROBE_MS: number = 1_000;
export const REDIS_RETRY_MS: number = 1_000;
/** Bytes that wait for Redis to take or answer them: some thousands of signals. What comes then is refused. */
export const MAX_REDIS_WAITING_BYTES: number = 16 * 1024 * 1024;
/** Leases are renewed so many times in the time that they last: one may fail. */
export const RENEWALS_PER_LEASE: number = 3;
/** Members renewed by one command: Lua takes some thousands of arguments, and other commands wait meanwhile. */
export const RENEWED_MEMBERS: number = 500;
/** Rooms renewed at once; the next ones when Redis has answered, and other work has had its turn. */
export const RENEWED_ROOMS: number = 100;
/** Between two such groups after Redis was gone, milliseconds: their clients ask again, 8,000 a second at most. */
export const RECOVERY_STEP_MS: number = 100;
/** Members of each room who are asked to look again after Redis was gone; the others find those of other processes through them. */
export const RECOVERY_MEMBERS: number = 8;
