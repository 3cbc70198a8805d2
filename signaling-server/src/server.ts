import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { attachSignaling } from './attach.ts';
import { answerHttp } from './http.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import { type SignalingOptions, warn } from './options.ts';

/** Where a server listens unless it is told otherwise. */
export const DEFAULT_PORT: number = 8787;

export interface SignalingServerOptions extends SignalingOptions {
  /** Default 8787; 0 takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default: all of them. */
  readonly host?: string;
}

export interface SignalingServer {
  /** For clients on this machine; behind a proxy they use the proxy's. */
  readonly url: string;
  readonly port: number;
  /** Clients that are connected now. */
  readonly connections: number;
  /** Rooms that have a member now. */
  readonly rooms: number;
  /** Ends all connections and stops within about a second. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts a signaling server with an HTTP server of its own.
 *
 * @throws P2PError BAD_OPTION, PORT_IN_USE, PORT_NOT_ALLOWED, HOST_NOT_AVAILABLE, LISTEN_FAILED
 */
export async function createSignalingServer(options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const { port = DEFAULT_PORT, host, onProblem = warn } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new P2PError('BAD_OPTION', 'port is not usable', { expected: 'an integer of 0 to 65535', got: String(port) });
  }
  const http = createServer({ headersTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, answerHttp);
  const signaling = attachSignaling(http, options);
  const address = await listen(http, port, host);
  http.on('error', onProblem);

  let closed: Promise<void> | undefined;
  async function shutDown(): Promise<void> {
    const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
    await signaling.close();
    http.closeAllConnections();
    await stopped;
  }

  return {
    url: `http://${hostInUrl(host, address)}:${address.port}`,
    port: address.port,
    get connections() {
      return signaling.connections;
    },
    get rooms() {
      return signaling.rooms;
    },
    close() {
      closed ??= shutDown();
      return closed;
    },
  };
}

function listen(http: HttpServer, port: number, host: string | undefined): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenError(cause, port, host));
    http.once('error', fail);
    http.listen({ port, host }, () => {
      http.off('error', fail);
      resolve(http.address() as AddressInfo);
    });
  });
}

function listenError(cause: Error, port: number, host: string | undefined): P2PError {
  const where = host === undefined ? `port ${port}` : `port ${port} of ${JSON.stringify(host)}`;
  switch ('code' in cause ? cause.code : undefined) {
    case 'EADDRINUSE':
      return new P2PError('PORT_IN_USE', `${where} is taken by another program`, {
        hint: 'stop it, choose another port, or choose 0 for any free one',
        cause,
      });
    case 'EACCES':
      return new P2PError('PORT_NOT_ALLOWED', `this user may not listen on ${where}`, {
        hint: 'choose a port above 1023, and put a proxy before it',
        cause,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new P2PError('HOST_NOT_AVAILABLE', `this machine has no such address: ${JSON.stringify(host)}`, {
        hint: 'name an address of this machine, or none to listen on all',
        cause,
      });
    default:
      return new P2PError('LISTEN_FAILED', `cannot listen on ${where}`, { got: cause.message, cause });
  }
}

function hostInUrl(host: string | undefined, { address, family }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return 'localhost';
  return family === 'IPv6' ? `[${address}]` : (host ?? address);
}
