import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { attachSignaling } from './attach.ts';
import { loadRedis } from './cluster/redis-link.ts';
import { answerHttp } from './http.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { listen } from './listen.ts';
import { type SignalingOptions, warn } from './options.ts';

/** Where a server listens unless it is told otherwise. */
export const DEFAULT_PORT: number = 8787;

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface SignalingServerOptions extends SignalingOptions {
  /** Default 8787; 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: all of them. */
  readonly host?: string;
  /** Serves https and wss. Default: http and ws, for a proxy before it. */
  readonly tls?: Certificate | undefined;
}

export interface SignalingServer {
  /** For clients on this machine; behind a proxy they use the proxy's. */
  readonly url: string;
  readonly port: number;
  /** Clients that are connected now. */
  readonly connections: number;
  /** Rooms that have a member now. */
  readonly rooms: number;
  /** False while Redis, where one is configured, does not answer: rooms are those of this process then. */
  readonly whole: boolean;
  /** Another certificate for new connections; those that are open stay. Throws BAD_OPTION, also without `tls`. */
  renewCertificate(certificate: Certificate): void;
  /** Tells all clients to move on, over `drainMs`, and stops within about a second more. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a signaling server with an HTTP server of its own.
 *
 * @throws P2PError BAD_OPTION, REDIS_NOT_INSTALLED, PORT_IN_USE, PORT_NOT_ALLOWED, HOST_NOT_AVAILABLE, LISTEN_FAILED
 */
export async function createSignalingServer(options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const { port = DEFAULT_PORT, host, tls, onProblem = warn } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new P2PError('BAD_OPTION', 'port is not usable', { expected: 'an integer of 0 to 65535', got: String(port) });
  }
  // Here, where somebody waits for it.
  if (options.redis !== undefined) await loadRedis();
  const timeouts = { headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const answer = (request: IncomingMessage, response: ServerResponse): void => answerHttp(request, response, signaling);
  const https = tls === undefined ? undefined : checkedTls(() => createHttpsServer({ ...timeouts, ...tls }, answer));
  const http = https ?? createHttpServer(timeouts, answer);
  const signaling = attachSignaling(http, options);
  const address = await listen(http, port, host);
  http.on('error', onProblem);

  let closed: Promise<void> | undefined;
  async function shutDown(): Promise<void> {
    // Whoever asks for its health hears that it closes, until all clients have moved on.
    await signaling.close();
    const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
    http.closeAllConnections();
    await stopped;
  }

  return {
    url: `${https === undefined ? 'http' : 'https'}://${hostInUrl(host, address)}:${address.port}`,
    port: address.port,
    get connections() {
      return signaling.connections;
    },
    get rooms() {
      return signaling.rooms;
    },
    get whole() {
      return signaling.whole;
    },
    renewCertificate(certificate) {
      if (https === undefined) throw badTls('a server that was started with one', 'one without');
      checkedTls(() => https.setSecureContext(certificate));
    },
    close() {
      closed ??= shutDown();
      return closed;
    },
  };
}

function hostInUrl(host: string | undefined, { address, family }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return 'localhost';
  return family === 'IPv6' ? `[${address}]` : (host ?? address);
}

function checkedTls<T>(use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw badTls('a certificate and its private key, both PEM', cause instanceof Error ? cause.message : String(cause));
  }
}

function badTls(expected: string, got: string): P2PError {
  return new P2PError('BAD_OPTION', 'tls is not usable', { expected, got });
}
