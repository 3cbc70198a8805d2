/**
 * `npm run attack:signaling -- [packets] [seed]`: broken packets at every layer, JSON and binary, against a server in a
 * process of its own, beside two good clients. Prints what became of it, and fails when anything did.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { createSignalingServer } from '../server.ts';
import { GOOD_ROOM } from './broken-packets.ts';
import { fuzzFrames, fuzzPackets, fuzzRequests } from './fuzz.ts';
import { openRawSocket, type RawWebSocket } from './raw-websocket.ts';
import { createSeededRandom } from './seeded-random.ts';
import { UNLIMITED } from './unlimited.ts';

interface Usage {
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly connections: number;
  readonly rooms: number;
  readonly rejections: readonly string[];
}

/** Of all packets: after each part the server's memory is looked at. */
const PARTS = 10;
/** Of the heap, between the first part and the last, bytes: leaks of 30 bytes a packet would be seen. */
const FLAT_BYTES = 3 * 1024 * 1024;

async function serve(): Promise<void> {
  const rejections: string[] = [];
  process.on('unhandledRejection', (reason) => rejections.push(String(reason)));
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1', limits: UNLIMITED });
  process.on('message', () => {
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const { connections, rooms } = server;
    process.send?.({ heapBytes: heapUsed, rssBytes: rss, connections, rooms, rejections });
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.(server.port);
}

async function attack(packets: number, seed: number): Promise<boolean> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], { execArgv: ['--expose-gc'] });
  let ended: number | string | null | undefined;
  const gone = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => {
      ended = signal ?? code;
      reject(new P2PError('SERVER_ENDED', 'the server has ended', { got: String(ended) }));
    });
  });
  const told = <T>(): Promise<T> =>
    Promise.race([gone, new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)))]);
  const usage = (): Promise<Usage> => {
    const answer = told<Usage>();
    child.send({});
    return answer;
  };
  const port = await told<number>();
  const good = await talk(port);
  const random = createSeededRandom(seed);
  const share = Math.ceil(packets / PARTS / 3);
  const seen: Usage[] = [];
  const began = performance.now();
  for (let part = 0; part < PARTS; part++) {
    await fuzzRequests(port, share, random, [good.listener]);
    await fuzzPackets(port, share, random);
    await fuzzFrames(port, share, random);
    const now = await settledUsage(usage);
    seen.push(now);
    const { heapBytes, rssBytes, connections, rooms } = now;
    console.log(
      `${3 * share * (part + 1)} packets: heap ${mib(heapBytes)}, process ${mib(rssBytes)}, ` +
        `${connections} connections, ${rooms} rooms, ${good.signals()} signals of the good clients`,
    );
  }
  const problem = await good.stop();
  const [first, last] = [seen[0], seen.at(-1)];
  const growth = (last?.heapBytes ?? 0) - (first?.heapBytes ?? 0);
  const rejections = last?.rejections ?? [];
  console.log(`took ${((performance.now() - began) / 1_000).toFixed(0)} s; heap grew by ${mib(growth)}`);
  console.log(`crashed: ${ended === undefined ? 'no' : String(ended)}; unhandled rejections: ${rejections.length}`);
  for (const rejection of rejections.slice(0, 5)) console.log(`  ${rejection}`);
  console.log(`good clients: ${problem ?? 'every signal arrived, in order, from its sender'}`);
  const clean = ended === undefined && rejections.length === 0 && problem === undefined && growth < FLAT_BYTES;
  child.disconnect();
  return clean && last?.connections === 2 && last.rooms === 1;
}

/** When the server has noticed that the attackers' connections are gone. */
async function settledUsage(usage: () => Promise<Usage>): Promise<Usage> {
  for (let tries = 0; ; tries++) {
    const now = await usage();
    if (now.connections === 2 || tries === 100) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface GoodClients {
  /** Id of the one that is signalled. */
  readonly listener: string;
  signals(): number;
  /** What was wrong, if anything. */
  stop(): Promise<string | undefined>;
}

/** Two clients of which one signals the other, one after the other, and waits for each to arrive. */
async function talk(port: number): Promise<GoodClients> {
  const [ann, bob] = [await openRawSocket(port), await openRawSocket(port)];
  const [annId, bobId] = [await joined(ann), await joined(bob)];
  let running = true;
  let count = 0;
  let problem: string | undefined;
  const talking = (async () => {
    for (; running && problem === undefined; count++) {
      ann.send(`42${count}${JSON.stringify(['signal', { room: GOOD_ROOM, to: bobId, data: String(count) }])}`);
      const got = await bob.next('42');
      const expected = `42${JSON.stringify(['signal', { room: GOOD_ROOM, from: annId, data: String(count) }])}`;
      if (got !== expected) problem = `expected ${expected}, got ${got.slice(0, 200)}`;
      await ann.next(`43${count}[`);
      for (const socket of [ann, bob]) answerPings(socket);
    }
  })().catch((reason: unknown) => {
    problem = String(reason);
  });
  return {
    listener: bobId,
    signals: () => count,
    async stop() {
      running = false;
      await talking;
      return problem;
    },
  };
}

async function joined(socket: RawWebSocket): Promise<string> {
  socket.send(`420${JSON.stringify(['join', { room: GOOD_ROOM }])}`);
  const answer = await socket.next('430[');
  return (JSON.parse(answer.slice(3)) as [{ readonly self: string }])[0].self;
}

function answerPings({ received, send }: RawWebSocket): void {
  const at = received.indexOf('2');
  if (at < 0) return;
  received.splice(at, 1);
  send('3');
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

const [first = '100000', seed = '1'] = process.argv.slice(2);
if (first === 'serve') await serve();
else process.exit((await attack(Number(first), Number(seed))) ? 0 : 1);
