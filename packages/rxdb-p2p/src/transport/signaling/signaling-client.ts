/**
 * The client of the signaling server: one socket for all rooms of a database. After a lost connection the rooms are
 * joined again; the server knows us by another id then. What the server says is checked before anybody sees it.
 */
import { P2PError } from '@rxdb-p2p/protocol';
import {
  parseByeMessage,
  parseIncomingSignal,
  parseJoinReply,
  parseLeftMessage,
  parseReply,
  parseRoomMessage,
  parseTurnMessage,
  type Refusal,
  type SignalingCode,
  type TurnMessage,
} from '@rxdb-p2p/protocol/signaling';
import { createProblems } from '../problems.ts';
import {
  createSignalingConnection,
  type SignalingConnectionDeps,
  type SignalingSocket,
} from './signaling-connection.ts';
import { badAnswer, endedBy, unreachable } from './signaling-failure.ts';
import { SIGNALING_TIMINGS, type SignalingTimings } from './signaling-timings.ts';
import { fetchToken, RENEWAL_PAUSE_MS } from './signaling-token.ts';
import type { SignalingUrl } from './signaling-url.ts';

export interface SignalingEvents {
  /**
   * We are in a room, and these are some of the others; again whenever it is joined again.
   *
   * @param size how many members it has, this one included
   */
  onJoined(room: string, members: readonly string[], size: number): void;
  /** The server does not let us into a room, for now. */
  onJoinRefused(room: string): void;
  onSignal(room: string, from: string, data: string): void;
  onSignalRefused(room: string, to: string, code: SignalingCode): void;
  /** A member has left a room, or has lost its connection to the server. */
  onLeft(room: string, peer: string): void;
  /** Credentials of a TURN server, instead of earlier ones. */
  onTurn(turn: TurnMessage): void;
  /** We are in no room any more; they are joined again as soon as possible. */
  onDisconnected(): void;
  /** `undefined`: nothing is wrong any more. */
  onProblem(problem: P2PError | undefined): void;
}

export interface SignalingClient {
  /** Messages of the server that were dropped, because they were none. */
  readonly badMessages: number;
  /** Joins a room now, or as soon as there is a connection. When it is joined already: asks who is in it. */
  join(room: string): void;
  leave(room: string): void;
  /** What cannot be sent now is not sent later. */
  signal(room: string, to: string, data: string): void;
  /** The network may be another one: finds out whether the connection still works, soon. */
  check(): void;
  /** The same, and tries to connect now where there is no connection. */
  wake(): void;
  /** Disconnects until `wake`. */
  sleep(): void;
  close(): void;
}

export interface SignalingClientDeps extends Omit<SignalingConnectionDeps, 'timings'> {
  readonly timings?: SignalingTimings;
}

/** A server takes some 30 s to notice that a connection is gone; so many may be lost meanwhile. */
const MAX_OWN_IDS = 64;

/** Subject of what concerns the connection; rooms are subjects too, and none is empty. */
const CONNECTION = '';
/** Subject of a token that could not be renewed; no room has such a name. */
const TOKEN = ' token';

export function createSignalingClient(
  url: SignalingUrl,
  deps: SignalingClientDeps,
  events: SignalingEvents,
): SignalingClient {
  const { timings = SIGNALING_TIMINGS } = deps;
  const rooms = new Set<string>();
  /** rooms whose join has not been answered */
  const joining = new Set<string>();
  const problems = createProblems(events.onProblem);
  /** our own ids of this connection and earlier ones, which the server goes on naming until it notices their end */
  const ownIds = new Set<string>();
  let checkedAt = Number.NEGATIVE_INFINITY;
  let badMessages = 0;
  let renewing = false;
  let renewedAt = Number.NEGATIVE_INFINITY;

  const connection = createSignalingConnection(
    url,
    { ...deps, timings },
    {
      onConnected(socket) {
        problems.solve(TOKEN);
        // With rooms it has to show first that it is a signaling server: by answering a join.
        if (rooms.size === 0) problems.solve(CONNECTION);
        listen(socket);
        for (const room of rooms) requestJoin(room);
      },
      onDisconnected() {
        joining.clear();
        events.onDisconnected();
      },
      onFailed: (problem) => problems.report(CONNECTION, problem),
    },
  );

  function listen(socket: SignalingSocket): void {
    socket.on('signal', (message) => {
      const signal = parseIncomingSignal(message);
      if (signal === undefined) badMessages += 1;
      else if (rooms.has(signal.room)) events.onSignal(signal.room, signal.from, signal.data);
    });
    socket.on('left', (message) => {
      const left = parseLeftMessage(message);
      if (left === undefined) badMessages += 1;
      else if (rooms.has(left.room)) events.onLeft(left.room, left.peer);
    });
    socket.on('changed', (message) => {
      const changed = parseRoomMessage(message);
      if (!changed.ok) badMessages += 1;
      else if (rooms.has(changed.value.room)) requestJoin(changed.value.room);
    });
    socket.on('turn', (message) => {
      const turn = parseTurnMessage(message);
      if (turn === undefined) badMessages += 1;
      else events.onTurn(turn);
    });
    socket.on('renew', () => void renewToken(socket));
    socket.on('bye', (message) => onBye(socket, message));
  }

  function onBye(socket: SignalingSocket, message: unknown): void {
    const bye = parseByeMessage(message);
    if (bye === undefined) badMessages += 1;
    // Not a failure: the next attempt finds its successor, or another process.
    else if (bye.code !== 'SERVER_CLOSING' && socket === connection.socket)
      connection.abandon(endedBy(url.origin, bye));
  }

  /** The server's word, so no more than one at a time, and not without a pause. */
  async function renewToken(socket: SignalingSocket): Promise<void> {
    const { getToken } = deps;
    const now = performance.now();
    if (getToken === undefined || renewing || now - renewedAt < RENEWAL_PAUSE_MS) return;
    renewing = true;
    renewedAt = now;
    const token = await fetchToken(getToken, url.origin);
    renewing = false;
    if (socket !== connection.socket) return;
    if (token instanceof P2PError) return problems.report(TOKEN, token);
    socket.timeout(timings.answerTimeoutMs).emit('token', { token }, (error: Error | null, answer: unknown) => {
      // Without an answer the connection ends with the old token, and the next one begins with another.
      if (error || socket !== connection.socket) return;
      const reply = parseReply(answer);
      if (reply === undefined) badMessages += 1;
      else if (reply.ok) problems.solve(TOKEN);
      else problems.report(TOKEN, endedBy(url.origin, { code: 'TOKEN_INVALID', message: reply.message }));
    });
  }

  function requestJoin(room: string, patienceMs = timings.answerTimeoutMs): void {
    const { socket } = connection;
    if (socket === undefined || joining.has(room)) return;
    joining.add(room);
    socket.timeout(patienceMs).emit('join', { room }, (error: Error | null, answer: unknown) => {
      if (socket !== connection.socket) return;
      joining.delete(room);
      if (error) {
        if (patienceMs < timings.answerTimeoutMs) return connection.renew();
        return connection.abandon(unreachable(url.origin, 'no answer to `join`', []));
      }
      const reply = parseJoinReply(answer);
      if (reply === undefined) return connection.abandon(badAnswer(url.origin, 'join'));
      problems.solve(CONNECTION);
      if (!rooms.has(room)) return;
      if (reply.ok) {
        problems.solve(room);
        remember(reply.self);
        const others = reply.members.filter((member) => !ownIds.has(member));
        events.onJoined(room, others, reply.size - (reply.members.length - others.length));
      } else {
        problems.report(room, refusal(url.origin, reply));
        events.onJoinRefused(room);
      }
    });
  }

  function remember(self: string): void {
    ownIds.add(self);
    const [oldest] = ownIds;
    if (ownIds.size > MAX_OWN_IDS && oldest !== undefined) ownIds.delete(oldest);
  }

  function check(): void {
    const now = performance.now();
    if (now - checkedAt < timings.wakeAnswerMs) return;
    checkedAt = now;
    // What was asked before has more time than this.
    joining.clear();
    for (const room of rooms) requestJoin(room, timings.wakeAnswerMs);
  }

  return {
    get badMessages() {
      return badMessages;
    },
    join(room) {
      rooms.add(room);
      requestJoin(room);
    },
    leave(room) {
      if (!rooms.delete(room)) return;
      problems.solve(room);
      connection.socket?.emit('leave', { room });
    },
    signal(room, to, data) {
      const { socket } = connection;
      socket
        ?.timeout(timings.answerTimeoutMs)
        .emit('signal', { room, to, data }, (error: Error | null, answer: unknown) => {
          // A lost answer needs nothing: a lost signal makes its attempt time out.
          if (error || socket !== connection.socket) return;
          const reply = parseReply(answer);
          if (reply === undefined) badMessages += 1;
          else if (!reply.ok) events.onSignalRefused(room, to, reply.code);
        });
    },
    check,
    wake() {
      connection.wake();
      check();
    },
    sleep: connection.sleep,
    close() {
      rooms.clear();
      connection.close();
    },
  };
}

/** Codes of a refusal are the server's: `TOO_MANY_ROOMS`, `RATE_LIMITED` and the others of the signaling protocol. */
function refusal(origin: string, { code, message }: Refusal): P2PError {
  return new P2PError(code, `the signaling server at ${origin} refuses to join a room`, {
    got: message,
    hint: 'new attempts go on',
  });
}
