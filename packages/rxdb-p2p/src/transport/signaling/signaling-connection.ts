/** Keeps up a socket to the signaling server: attempts with jittered backoff, and finds out why one fails. */
import { P2PError } from '@rxdb-p2p/protocol';
import { parseByeMessage } from '@rxdb-p2p/protocol/signaling';
import type { Socket } from 'socket.io-client';
import { createBackoff } from '../backoff.ts';
import { probeFailure, refusedBy, unreachable } from './signaling-failure.ts';
import { probeSignaling } from './signaling-probe.ts';
import type { SignalingTimings } from './signaling-timings.ts';
import { fetchToken, type GetToken } from './signaling-token.ts';
import type { SignalingUrl } from './signaling-url.ts';

/** Events as a server may send them: with anything in them. */
interface UncheckedEvents {
  signal(message: unknown): void;
  left(message: unknown): void;
  changed(message: unknown): void;
  turn(message: unknown): void;
  bye(message: unknown): void;
  renew(): void;
}

interface Requests {
  token(message: { readonly token: string }, reply: (answer: unknown) => void): void;
  join(message: { readonly room: string }, reply: (answer: unknown) => void): void;
  leave(message: { readonly room: string }): void;
  signal(
    message: { readonly room: string; readonly to: string; readonly data: string },
    reply: (answer: unknown) => void,
  ): void;
}

export type SignalingSocket = Socket<UncheckedEvents, Requests>;

export interface SignalingConnectionDeps {
  /** socket.io-client's */
  readonly io: typeof import('socket.io-client').io;
  /** in [0, 1) */
  readonly random: () => number;
  readonly timings: SignalingTimings;
  /** Undefined: the server is asked without a token. */
  readonly getToken?: GetToken | undefined;
}

export interface SignalingConnectionEvents {
  onConnected(socket: SignalingSocket): void;
  onDisconnected(): void;
  /** An attempt has failed. */
  onFailed(problem: P2PError): void;
}

export interface SignalingConnection {
  /** Undefined while there is no connection. */
  readonly socket: SignalingSocket | undefined;
  /** Ends a connection whose server does not behave; there will be another attempt. */
  abandon(problem: P2PError): void;
  /** Ends a connection that does not answer, and tries at once: the network is another one. */
  renew(): void;
  /** Tries at once, rather than when the delay is over, and anew where an attempt hangs: the network is said to be back. */
  wake(): void;
  /** Disconnects until `wake`. */
  sleep(): void;
  close(): void;
}

export function createSignalingConnection(
  url: SignalingUrl,
  { io, random, timings, getToken }: SignalingConnectionDeps,
  events: SignalingConnectionEvents,
): SignalingConnection {
  const backoff = createBackoff(timings.retry, random);
  const stopped = new AbortController();
  let socket: SignalingSocket | undefined;
  let attemptedAt = 0;
  let connectedAt: number | undefined;
  let everConnected = false;
  let probing = false;
  let nextAttempt: ReturnType<typeof setTimeout> | undefined;
  let deadline: ReturnType<typeof setTimeout> | undefined;
  let suspicion: ReturnType<typeof setTimeout> | undefined;

  function attempt(): void {
    nextAttempt = undefined;
    attemptedAt = performance.now();
    const fresh: SignalingSocket = io(url.origin, {
      path: url.path,
      query: url.query,
      transports: ['websocket'],
      // Attempts are ours to make: socket.io's own do not follow a server that says goodbye.
      reconnection: false,
      forceNew: true,
      timeout: timings.connectTimeoutMs,
      // Never in the URL, which gets into logs.
      ...(getToken === undefined ? {} : { auth: (pass) => void sendToken(fresh, getToken, pass) }),
    });
    socket = fresh;
    deadline = setTimeout(() => lose(fresh, new Error('no answer in time')), timings.connectTimeoutMs);
    if (!everConnected) suspicion = setTimeout(() => void diagnose(), timings.suspiciousMs);
    fresh.on('connect', () => {
      if (fresh !== socket) return;
      stopTimers();
      everConnected = true;
      connectedAt = performance.now();
      events.onConnected(fresh);
    });
    fresh.on('connect_error', (error) => lose(fresh, error));
    fresh.on('disconnect', () => lose(fresh, undefined));
  }

  async function sendToken(
    asking: SignalingSocket,
    get: GetToken,
    pass: (auth: { readonly token: string }) => void,
  ): Promise<void> {
    const token = await fetchToken(get, url.origin);
    if (asking !== socket) return;
    if (token instanceof P2PError) lose(asking, token);
    else pass({ token });
  }

  function lose(lost: SignalingSocket, error: Error | undefined): void {
    if (lost !== socket) return;
    const wasConnected = drop();
    nextAttempt = setTimeout(attempt, backoff.next());
    // A connection that is lost is a problem only when the next attempt fails.
    if (!wasConnected) report(error);
  }

  /** Ends socket and timers. Returns whether there was a connection. */
  function drop(): boolean {
    stopTimers();
    clearTimeout(nextAttempt);
    nextAttempt = undefined;
    const lost = socket;
    const since = connectedAt;
    socket = undefined;
    connectedAt = undefined;
    lost?.off();
    lost?.disconnect();
    if (since === undefined) return false;
    if (performance.now() - since >= timings.stableMs) backoff.reset();
    events.onDisconnected();
    return true;
  }

  function stopTimers(): void {
    clearTimeout(deadline);
    clearTimeout(suspicion);
  }

  function report(error: Error | undefined): void {
    if (error instanceof P2PError) events.onFailed(error);
    // An answer of the server itself, unlike a failure on the way to it, carries data.
    else if (error !== undefined && 'data' in error) {
      events.onFailed(refusedBy(url.origin, String(error.message), parseByeMessage(error.data)));
    } else if (everConnected) events.onFailed(unreachable(url.origin, 'no answer', []));
    else void diagnose();
  }

  async function diagnose(): Promise<void> {
    if (probing) return;
    probing = true;
    const result = await probeSignaling(url.healthUrl, stopped.signal);
    probing = false;
    if (!stopped.signal.aborted && !everConnected) events.onFailed(probeFailure(url.origin, result));
  }

  function renew(): void {
    if (stopped.signal.aborted) return;
    drop();
    attempt();
  }

  attempt();
  return {
    get socket() {
      return connectedAt === undefined ? undefined : socket;
    },
    abandon(problem) {
      if (connectedAt === undefined || socket === undefined) return;
      lose(socket, undefined);
      events.onFailed(problem);
    },
    renew,
    wake() {
      if (stopped.signal.aborted) return;
      backoff.reset();
      const hangs = connectedAt === undefined && performance.now() - attemptedAt >= timings.wakeAnswerMs;
      if (socket === undefined || hangs) renew();
    },
    sleep() {
      drop();
    },
    close() {
      stopped.abort();
      drop();
    },
  };
}
