/** The signaling itself, on upgraded connections that somebody else's HTTP server hands over. */
import { createServer, type IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { type ClientToServerEvents, refuse, type ServerToClientEvents } from '@rxdb-p2p/protocol/signaling';
import { Server } from 'socket.io';
import { type ConnectionMeter, type EngineConnection, meterConnection } from './connection-meter.ts';
import { createDelivery, type SignalingSocket } from './delivery.ts';
import { CLOSE_GRACE_MS, CONNECT_TIMEOUT_MS, MAX_MESSAGE_BYTES } from './limits.ts';
import type { CheckedOptions } from './options.ts';
import { createRequests, type Requests } from './requests.ts';
import { createRooms } from './rooms.ts';
import { queryOf, refuseUpgrade } from './upgrade.ts';

export interface Hub {
  /** Connections that are open. */
  readonly connections: number;
  /** Rooms that have a member. */
  readonly rooms: number;
  /** Takes over a connection that asks for the WebSocket of this path. */
  upgrade(request: IncomingMessage, link: Duplex, head: Buffer): void;
  /** Says goodbye to all clients, and cuts those that do not answer. */
  close(): Promise<void>;
}

export function createHub({ origins, limits, heartbeat }: CheckedOptions): Hub {
  const rooms = createRooms({ roomsPerSocket: limits.roomsPerSocket, random: Math.random });
  const delivery = createDelivery(limits.waitingBytes);
  const requests = createRequests(rooms, delivery);
  const meters = new WeakMap<EngineConnection, ConnectionMeter>();
  const links = new Set<Duplex>();
  let closed: Promise<void> | undefined;

  const io: Server<ClientToServerEvents, ServerToClientEvents> = new Server({
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    httpCompression: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    pingInterval: heartbeat.intervalMs,
    pingTimeout: heartbeat.timeoutMs,
    // CORS says nothing about WebSockets, so the origin is checked here.
    allowRequest: ({ headers }, decide) => {
      if (links.size > limits.connections) decide('SERVER_FULL', false);
      else if (!originAllowed(origins, headers.origin)) decide('ORIGIN_NOT_ALLOWED', false);
      else decide(undefined, true);
    },
  });
  // socket.io wants a server of its own. This one never listens: other listeners of the real one are left alone.
  io.attach(createServer());

  io.engine.on('connection', (connection: EngineConnection) => {
    meters.set(
      connection,
      meterConnection(connection, limits, () => performance.now()),
    );
  });
  io.use((socket, next) => {
    next(meters.get(socket.conn)?.admitSocket() ? undefined : new Error('ALREADY_CONNECTED'));
  });
  io.on('connection', (socket) => {
    const meter = meters.get(socket.conn);
    if (meter === undefined) return void socket.disconnect(true);
    delivery.add(socket, meter);
    serve(socket, meter, requests);
    socket.on('disconnect', () => {
      delivery.remove(socket.id);
      requests.end(socket.id);
      // A connection without its socket has nothing left to say.
      socket.conn.close();
    });
  });

  async function shutDown(): Promise<void> {
    // First, so that nobody is told of the thousands who leave now.
    rooms.clear();
    await io.close();
    const goodbyes = [...links].map((link) => new Promise<void>((resolve) => link.once('close', () => resolve())));
    const grace = setTimeout(() => {
      for (const link of links) link.destroy();
    }, CLOSE_GRACE_MS);
    await Promise.all(goodbyes);
    clearTimeout(grace);
  }

  return {
    get connections() {
      return io.engine.clientsCount;
    },
    get rooms() {
      return rooms.size;
    },
    upgrade(request, link, head) {
      if (closed !== undefined) return refuseUpgrade(link, 503, 'SERVER_CLOSING');
      // An id names a connection to move to another transport; there is only one, and it skips the check of origins.
      if (queryOf(request).has('sid')) return refuseUpgrade(link, 400, 'WEBSOCKET_ONLY');
      links.add(link);
      link.once('close', () => links.delete(link));
      io.engine.handleUpgrade(request, link, head);
    },
    close() {
      closed ??= shutDown();
      return closed;
    },
  };
}

function originAllowed(allowed: ReadonlySet<string> | undefined, origin: string | undefined): boolean {
  return allowed === undefined || origin === undefined || allowed.has(origin);
}

/** One listener for every event, so that a client cannot choose which code runs by inventing names. */
function serve(socket: SignalingSocket, meter: ConnectionMeter, requests: Requests): void {
  socket.onAny((event: unknown, ...payload: unknown[]) => {
    // Packets that came together with the end of the connection are delivered after it.
    if (!socket.connected) return;
    const reply = payload.at(-1);
    const answer = meter.takeRequest()
      ? requests.answer(socket.id, event, payload[0])
      : refuse('RATE_LIMITED', 'too many requests; wait a second');
    // socket.io adds the function when the client asks for an answer; a client cannot send one.
    if (typeof reply === 'function') reply(answer);
  });
}
