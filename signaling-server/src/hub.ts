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
import { type Cluster, createCluster } from './cluster/cluster.ts';
import { createReception } from './cluster/reception.ts';
import { type ConnectionMeter, type EngineConnection, meterConnection } from './connection-meter.ts';
import { createDelivery, type SignalingSocket } from './delivery.ts';
import { CLOSE_GRACE_MS, CONNECT_TIMEOUT_MS, DRAIN_STEP_MS, MAX_MESSAGE_BYTES, MIN_DRAIN_BATCH } from './limits.ts';
import type { RefusalCode } from './observer.ts';
import type { CheckedOptions } from './options.ts';
import { randomFraction } from './random.ts';
import { createRequests } from './requests.ts';
import { createRooms } from './rooms.ts';
import { dismiss, openSession } from './session.ts';
import { queryOf, refuseUpgrade } from './upgrade.ts';

const CLOSING: ByeMessage = { code: 'SERVER_CLOSING', message: 'the server stops; connect again' };

export interface Hub {
  /** Connections that are open. */
  readonly connections: number;
  /** Rooms that have a member. */
  readonly rooms: number;
  /** False while Redis, where one is configured, does not answer. */
  readonly whole: boolean;
  /** Takes over a connection that asks for the WebSocket of this path. */
  upgrade(request: IncomingMessage, link: Duplex, head: Buffer): void;
  /** False from the moment on when clients are told to move on. */
  readonly open: boolean;
  /** Takes nobody any more, tells all clients to move on, over the time of `drainMs`, and cuts those that do not answer. */
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

export function createHub(options: CheckedOptions): Hub {
  const { admit, origins, trustedProxies, limits, heartbeat, drainMs, observer, redis, issueTurn, onProblem } = options;
  const now = (): number => performance.now();
  const rooms = createRooms({ roomsPerSocket: limits.roomsPerSocket, random: randomFraction });
  const delivery = createDelivery(limits.waitingBytes);
  const reception = createReception({ rooms, delivery, cluster: () => cluster, random: randomFraction });
  const cluster: Cluster | undefined =
    redis === undefined
      ? undefined
      : createCluster(
          redis,
          // Nobody is handed out longer than a connection that is dead lasts.
          {
            leaseMs: heartbeat.intervalMs + heartbeat.timeoutMs,
            roomNames: () => rooms.names,
            membersOf: rooms.membersOf,
          },
          { ...reception, onProblem },
        );
  const requests = createRequests({ rooms, delivery, cluster });
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
    allowRequest: ({ headers, socket }, decide) => {
      const code = links.size > limits.connections ? 'SERVER_FULL' : 'ORIGIN_NOT_ALLOWED';
      if (code !== 'SERVER_FULL' && originAllowed(origins, headers.origin)) return decide(undefined, true);
      const link = links.get(socket);
      if (link !== undefined) observer.refused(code, link.applicant);
      decide(code, false);
    },
  });
  // socket.io wants a server of its own. This one never listens: other listeners of the real one are left alone.
  io.attach(createServer());

  io.engine.on('connection', (connection: EngineConnection) => {
    const link = links.get(connection.request.socket);
    if (link === undefined) return connection.close();
    const onCut = (): void => {
      observer.dismissed(FLOOD.code, link.applicant);
      link.socket?.emit('bye', FLOOD);
    };
    link.meter = meterConnection(connection, { limits, account: link.account, now, onCut });
  });
  io.use((socket, next) => {
    const link = linkOf(socket);
    if (link === undefined) return next(new Error('ALREADY_CONNECTED'));
    const { applicant } = link;
    if (link.meter?.admitSocket() !== true) {
      observer.refused('ALREADY_CONNECTED', applicant);
      return next(new Error('ALREADY_CONNECTED'));
    }
    void admit(takeToken(socket.handshake), applicant).then((verdict) => {
      if (!verdict.ok) {
        observer.refused(verdict.code, applicant);
        return next(refusal({ code: verdict.code, message: verdict.message }));
      }
      link.admission = verdict;
      next();
    });
  });
  io.on('connection', (socket) => {
    const link = linkOf(socket);
    if (link?.meter === undefined || link.admission === undefined) return void socket.disconnect(true);
    link.socket = socket;
    const { meter, account, applicant, admission } = link;
    const id = `${cluster?.processName ?? ''}${socket.id}`;
    openSession(socket, {
      ...{ id, meter, account, applicant, admission, admit },
      requests,
      delivery,
      observer,
      issueTurn,
    });
  });

  /** So that a server that takes the place of this one is not asked by everybody at once. */
  async function drain(): Promise<void> {
    const leaving = [...links.values()];
    const batch = Math.max(MIN_DRAIN_BATCH, Math.ceil((leaving.length * DRAIN_STEP_MS) / drainMs));
    while (leaving.length > 0) {
      for (const { socket } of leaving.splice(0, batch)) if (socket?.connected === true) dismiss(socket, CLOSING);
      if (leaving.length > 0) await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
  }

  async function shutDown(): Promise<void> {
    await drain();
    await cluster?.close();
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
    get open() {
      return closed === undefined;
    },
    get rooms() {
      return rooms.size;
    },
    get whole() {
      return cluster?.up !== false;
    },
    upgrade(request, link, head) {
      const applicant = { address: clientAddress(request, trustedProxies), origin: request.headers.origin };
      const refuse = (status: 400 | 429 | 503, code: RefusalCode): void => {
        observer.refused(code, applicant);
        refuseUpgrade(link, status, code);
      };
      if (closed !== undefined) return refuse(503, 'SERVER_CLOSING');
      // An id names a connection to move to another transport; there is only one, and it skips the check of origins.
      if (queryOf(request).has('sid')) return refuse(400, 'WEBSOCKET_ONLY');
      // Gone before it was looked at: its end would not be told.
      if (link.destroyed) return;
      const account = accounts.open(applicant.address);
      if (account === undefined) return refuse(429, 'TOO_MANY_CONNECTIONS');
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
