/** Real servers and real clients that end with their test. */
import type {
  ClientToServerEvents,
  IncomingSignal,
  JoinReply,
  LeftMessage,
  ServerToClientEvents,
} from '@rxdb-p2p/protocol/signaling';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { onTestFinished } from 'vitest';
import { createSignalingServer, type SignalingServer, type SignalingServerOptions } from '../server.ts';

export type Client = Socket<ServerToClientEvents, ClientToServerEvents>;

export async function startServer(options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  return server;
}

export function openClient(url: string, options: Partial<ManagerOptions & SocketOptions> = {}): Client {
  const client: Client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options });
  onTestFinished(() => void client.disconnect());
  return client;
}

/** Rejects with what the server said when it does not let the client in. */
export function connected(client: Client): Promise<Client> {
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client));
    client.once('connect_error', reject);
  });
}

export function connectTo(server: { readonly url: string }): Promise<Client> {
  return connected(openClient(server.url));
}

/** Joins, or fails the test with the refusal. */
export async function join(client: Client, room: string): Promise<Extract<JoinReply, { ok: true }>> {
  const reply = await client.emitWithAck('join', { room });
  if (!reply.ok) throw new Error(`${reply.code}: ${reply.message}`);
  return reply;
}

/** All that a client is told, from now on. */
export function record(client: Client): { readonly signals: IncomingSignal[]; readonly left: LeftMessage[] } {
  const told = { signals: [] as IncomingSignal[], left: [] as LeftMessage[] };
  client.on('signal', (message) => told.signals.push(message));
  client.on('left', (message) => told.left.push(message));
  return told;
}

/** Resolves when the server has handled what came before, and the client has got what it sent before. */
export async function settled(...clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.emitWithAck('leave', { room: 'nobody-is-here' })));
}
