/** Puts a signaling server under load, from this process, and measures. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './dialects/dialect.ts';
import type { ServerProcess } from './server-process.ts';
import { startServerProcess } from './server-process.ts';
import { DIALECTS, type ServerName } from './servers.ts';

export interface LoadPlan {
  readonly sockets: number;
  /** Each socket joins the room of all, and one of these sizes: the sockets are divided among them. */
  readonly roomSizes: readonly number[];
  readonly signals: number;
  readonly signalsPerSecond: number;
}

export interface RoomFigures {
  readonly size: number;
  /** Of the last member to join, when it is full, the mean of all such rooms. */
  readonly bytesOfLastJoin: number;
}

export interface LoadFigures {
  readonly joined: number;
  readonly joins: number;
  readonly joinsPerSecond: number;
  /** of the server */
  readonly cpuMsPerJoin: number;
  readonly rooms: readonly RoomFigures[];
  /** All that all clients got while they joined, for each join. */
  readonly bytesToAllPerJoin: number;
  readonly usedBytesPerSocket: number;
  readonly rssBytesPerSocket: number;
  readonly relayed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMsPerSignal: number;
}

/** Connections that are being made, and joins that are asked for, at once. */
const CONCURRENCY = 64;
/** Of a signal, characters: an offer with its candidates taken out. */
const SIGNAL_LENGTH = 1_000;
const ALL = 'bench/all-sockets';

export async function measureLoad(name: ServerName, plan: LoadPlan): Promise<LoadFigures> {
  const server = await startServerProcess(name);
  const clients: Client[] = [];
  try {
    // What is compiled and allocated with the first ones is not theirs.
    const first: Client[] = [];
    await inParallel(CONCURRENCY, async () => void first.push(await DIALECTS[name].connect(server.port)));
    for (const client of first) client.close();
    await pause(500);
    const idle = await server.usage();
    await inParallel(plan.sockets, async () => void clients.push(await DIALECTS[name].connect(server.port)));
    const connected = await server.usage();
    const joining = await measureJoins(server, clients, plan);
    const relaying = await measureRelay(server, clients, plan);
    return {
      ...{ ...joining, ...relaying },
      usedBytesPerSocket: (connected.usedBytes - idle.usedBytes) / plan.sockets,
      rssBytesPerSocket: (connected.rssBytes - idle.rssBytes) / plan.sockets,
    };
  } finally {
    for (const client of clients) client.close();
    server.stop();
  }
}

async function measureJoins(server: ServerProcess, clients: readonly Client[], { roomSizes }: LoadPlan) {
  const before = await server.usage();
  const receivedBefore = sumOf(clients.map(({ received }) => received));
  const sizes = [...roomSizes, clients.length];
  const last = new Map(sizes.map((size) => [size, [] as number[]]));
  const share = Math.floor(clients.length / roomSizes.length);
  let joined = 0;
  const startedAt = performance.now();
  await inParallel(clients.length, async (index) => {
    const client = clients[index];
    const size = roomSizes[Math.min(roomSizes.length - 1, Math.floor(index / share))] ?? 2;
    const bytes = await client?.join(`bench/of-${size}-${Math.floor((index % share) / size)}`);
    if ((index % share) % size === size - 1) last.get(size)?.push(bytes ?? 0);
    const inAll = await client?.join(ALL);
    if (index === clients.length - 1) last.get(clients.length)?.push(inAll ?? 0);
    joined += 1;
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const after = await server.usage();
  const joins = 2 * clients.length;
  const received = sumOf(clients.map((client) => client.received)) - receivedBefore;
  return {
    joined,
    joins,
    joinsPerSecond: joins / seconds,
    cpuMsPerJoin: (after.cpuMs - before.cpuMs) / joins,
    rooms: [...last].map(([size, bytes]) => ({ size, bytesOfLastJoin: sumOf(bytes) / bytes.length })),
    bytesToAllPerJoin: received / joins,
  };
}

async function measureRelay(server: ServerProcess, clients: readonly Client[], plan: LoadPlan) {
  const taken: number[] = [];
  for (const client of clients) {
    client.onSignal((data) => {
      taken.push(performance.now() - Number(data.slice(0, data.indexOf(' '))));
    });
  }
  const before = await server.usage();
  const filler = ' '.padEnd(SIGNAL_LENGTH, 'x');
  const startedAt = performance.now();
  for (let sent = 0; sent < plan.signals; sent++) {
    const [from, to] = [clients[(sent * 7) % clients.length], clients[(sent * 13 + 1) % clients.length]];
    if (from !== to && to !== undefined) from?.signal(to.id, ALL, `${performance.now()}${filler}`);
    const due = startedAt + ((sent + 1) / plan.signalsPerSecond) * 1_000;
    if (performance.now() < due) await pause(due - performance.now());
  }
  const deadline = performance.now() + 5_000;
  const expected = plan.signals;
  while (taken.length < expected && performance.now() < deadline) await pause(20);
  const after = await server.usage();
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
  return {
    relayed: taken.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cpuMsPerSignal: (after.cpuMs - before.cpuMs) / plan.signals,
  };
}

/** Begins in order. */
async function inParallel(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, count) }, worker));
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
