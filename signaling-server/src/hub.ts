/** The signaling itself, on upgraded connections that somebody else's HTTP server hands over. */
import { createServer, type IncomingMessage } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import type { ByeMessage, ClientToServerEvents, ServerToClientEvents } from '@rxdb-p2p/protocol/signaling';
import { Server } from 'socket.io';
import { type AddressAccount, createAddressAccounts } from './address-accounts.ts';
import type { Admission, Applicant } from './auth/admission.ts';
import { takeToken } from './auth/auth.ts';
import { clientAddress } from './client-address.ts';
import { type ConnectionMeter, type EngineConnection, meterConnection } from './connection-meter.ts';
import { createDelivery, type SignalingSocket } from './delivery.ts';
import { CLOSE_GRACE_MS, CONNECT_TIMEOUT_MS, MAX_MESSAGE_BYTES } from './limits.ts';
import type { CheckedOptions } from './options.ts';
import { createRequests } from './requests.ts';
import { createRooms } from './rooms.ts';
import { openSession } from './session.ts';
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

/** A connection that was upgraded, and what is known of it as it grows. */
interface Link {
  readonly account: AddressAccount;
  readonly applicant: Applicant;
  meter: ConnectionMeter | undefined;
  admission: Admission | undefined;
  socket: SignalingSocket | undefined;
}

const FLOOD: ByeMessage = {
  code: 'RATE_LIMITED',
  message: 'more packets or bytes than a client or an address may send',
};

export function createHub({ admit, origins, trustedProxies, limits, heartbeat }: CheckedOptions): Hub {
  const now = (): number => performance.now();
  const rooms = createRooms({ roomsPerSocket: limits.roomsPerSocket, random: Math.random });
  const delivery = createDelivery(limits.waitingBytes);
  const requests = createRequests(rooms, delivery);
  const accounts = createAddressAccounts(limits, now);
  const links = new Map<Duplex, Link>();
  const linkOf = (socket: SignalingSocket): Link | undefined => links.get(socket.conn.request.socket);
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
    const link = links.get(connection.request.socket);
    if (link === undefined) return connection.close();
    const onCut = (): void => void link.socket?.emit('bye', FLOOD);
    link.meter = meterConnection(connection, { limits, account: link.account, now, onCut });
  });
  io.use((socket, next) => {
    const link = linkOf(socket);
    if (link?.meter?.admitSocket() !== true) return next(new Error('ALREADY_CONNECTED'));
    void admit(takeToken(socket.handshake), link.applicant).then((verdict) => {
      if (!verdict.ok) return next(refusal({ code: verdict.code, message: verdict.message }));
      link.admission = verdict;
      next();
    });
  });
  io.on('connection', (socket) => {
    const link = linkOf(socket);
    if (link?.meter === undefined || link.admission === undefined) return void socket.disconnect(true);
    link.socket = socket;
    const { meter, account, applicant, admission } = link;
    openSession(socket, { meter, account, applicant, admission, admit, requests, delivery });
  });

  async function shutDown(): Promise<void> {
    // First, so that nobody is told of the thousands who leave now.
    rooms.clear();
    await io.close();
    const goodbyes = [...links.keys()].map(
      (link) => new Promise<void>((resolve) => link.once('close', () => resolve())),
    );
    const grace = setTimeout(() => {
      for (const link of links.keys()) link.destroy();
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
      // Gone before it was looked at: its end would not be told.
      if (link.destroyed) return;
      const applicant = { address: clientAddress(request, trustedProxies), origin: request.headers.origin };
      const account = accounts.open(applicant.address);
      if (account === undefined) return refuseUpgrade(link, 429, 'TOO_MANY_CONNECTIONS');
      links.set(link, { account, applicant, meter: undefined, admission: undefined, socket: undefined });
      link.once('close', () => {
        links.delete(link);
        account.close();
      });
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

/** As socket.io tells a client why it is not let in. */
function refusal(data: ByeMessage): Error {
  return Object.assign(new Error(data.code), { data });
}
