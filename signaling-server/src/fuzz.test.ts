/**
 * Thousands of broken packets at each layer, drawn from a seed that the test's name shows. `FUZZ_SEED` repeats a
 * run. Meanwhile two good clients signal each other.
 */
import { parseJoinReply, parseReply } from '@rxdb-p2p/protocol/signaling';
import { expect, it, onTestFinished } from 'vitest';
import type { SignalingServer } from './server.ts';
import { encodeFrame, openRawSocket, openRawWebSocket, type RawWebSocket } from './testing/raw-websocket.ts';
import { createSeededRandom, type SeededRandom } from './testing/seeded-random.ts';
import { connectTo, join, startServer } from './testing/server-fixture.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const EVENTS = 3_000;
const ENGINE_PACKETS = 2_000;
const FRAMES = 1_000;
/** Every limit of the default ones that could end the fuzzing; the others are what it is about. */
const UNLIMITED = {
  ...{ joinBurst: 1e9, requestBurst: 1e9, packetBurst: 1e9, byteBurst: 1e12 },
  ...{ addressConnections: 1e9, addressConnectBurst: 1e9, addressJoinBurst: 1e9, addressRequestBurst: 1e9 },
  addressByteBurst: 1e12,
} as const;
const ROOM = 'app/good';

/** Two clients that go on for as long as the fuzzing takes; `stop` fails when one of them was harmed. */
async function goodClients(server: SignalingServer): Promise<{ ids: readonly string[]; stop(): Promise<void> }> {
  const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
  await join(ann, ROOM);
  await join(bob, ROOM);
  const got: string[] = [];
  const strangers: string[] = [];
  bob.on('signal', ({ from, data }) => (from === ann.id ? got.push(data) : strangers.push(from)));
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  onTestFinished(() => void process.off('unhandledRejection', onRejection));

  let running = true;
  const talking = (async () => {
    let sent = 0;
    for (; running; sent++) {
      const answer = await ann.emitWithAck('signal', { room: ROOM, to: bob.id ?? '', data: String(sent) });
      expect(answer).toEqual({ ok: true });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return sent;
  })();
  return {
    ids: [ann.id ?? '', bob.id ?? ''],
    async stop() {
      running = false;
      const sent = await talking;
      await bob.emitWithAck('leave', { room: 'nobody-is-here' });
      expect(sent).toBeGreaterThan(10);
      expect(got).toEqual(Array.from({ length: sent }, (_, index) => String(index)));
      expect(strangers).toEqual([]);
      expect(rejections).toEqual([]);
      // Nothing is left of the others.
      await expect.poll(() => server.connections).toBe(2);
      expect(server.rooms).toBe(1);
      expect(await join(ann, ROOM)).toMatchObject({ members: [bob.id], size: 2 });
    },
  };
}

const NAMES = ['__proto__', 'constructor', 'toString', 'join', 'leave', 'signal', 'room', 'to', 'data', 'x'] as const;

/** Any JSON value, with a liking for those that break programs. */
function anyValue(random: SeededRandom, depth: number): unknown {
  const leaves = [null, true, false, 0, -1, 1e308, '', 'x', ROOM, '\u0000', '\ud800', 'x'.repeat(random.below(500))];
  const kind = random.below(depth > 3 ? 12 : 16);
  if (kind < 12) return leaves[kind];
  if (kind === 12) return { _placeholder: true, num: random.below(5) };
  if (kind === 13) return Array.from({ length: random.below(5) }, () => anyValue(random, depth + 1));
  // JSON, since an object cannot be given a key `__proto__` otherwise.
  const fields = Array.from({ length: random.below(5) }, () => {
    return `${JSON.stringify(random.pick(NAMES))}:${JSON.stringify(anyValue(random, depth + 1))}`;
  });
  return JSON.parse(`{${fields.join(',')}}`);
}

/** A request in which every field is right or not. */
function anyRequest(random: SeededRandom, peers: readonly string[]): unknown[] {
  const maybe = (right: unknown): unknown => (random.below(3) > 0 ? right : anyValue(random, 0));
  const message = {
    room: maybe(random.pick(['r1', 'r2', '__proto__', ROOM, 'x'.repeat(200)])),
    to: maybe(peers[random.below(peers.length)]),
    data: maybe('x'.repeat(random.below(2_000))),
    from: peers[0],
  };
  return [maybe(random.pick(['join', 'leave', 'signal'])), maybe(message), ...(random.below(9) > 0 ? [] : [null])];
}

it(`answers ${EVENTS} broken events, each of them (FUZZ_SEED=${SEED})`, async () => {
  const random = createSeededRandom(SEED);
  const server = await startServer({ limits: UNLIMITED });
  const good = await goodClients(server);
  const bad = await openRawSocket(server.port);
  const reserved = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
  let asked = 0;
  while (asked < EVENTS) {
    const request = anyRequest(random, ['nobody', ...good.ids.slice(1)]);
    // In the good clients' room a signal that is right is no broken packet.
    const text = JSON.stringify(request);
    const isEvent =
      typeof request[0] === 'number' || (typeof request[0] === 'string' && !reserved.includes(request[0]));
    if (!isEvent || text.includes(ROOM)) continue;
    bad.send(`42${asked}${text}`);
    asked++;
    if (asked % 100 === 0) await bad.next(`43${asked - 1}[`);
  }
  // `next` has taken one of each hundred.
  const answers = bad.received.filter((packet) => packet.startsWith('43'));
  expect(answers).toHaveLength(EVENTS - Math.floor(EVENTS / 100));
  for (const packet of answers) {
    const [answer] = JSON.parse(packet.slice(packet.indexOf('['))) as [unknown];
    expect(parseJoinReply(answer) ?? parseReply(answer)).toBeDefined();
  }
  expect(bad.open).toBe(true);
  bad.destroy();
  await good.stop();
});

/** Sends until the server has had enough, then connects again. */
async function fuzzConnections(
  server: SignalingServer,
  count: number,
  random: SeededRandom,
  sendOne: (socket: RawWebSocket) => void,
): Promise<void> {
  let socket: RawWebSocket | undefined;
  for (let sent = 0; sent < count; sent++) {
    if (socket === undefined || !socket.open) {
      socket = random.below(4) === 0 ? await openRawWebSocket(server.port) : await openRawSocket(server.port);
    }
    sendOne(socket);
    // Sometimes the server reads several at once.
    if (random.below(3) > 0) await new Promise((resolve) => setImmediate(resolve));
    if (random.below(50) === 0) socket.destroy();
  }
  socket?.destroy();
}

it(`survives ${ENGINE_PACKETS} broken packets of engine.io and socket.io (FUZZ_SEED=${SEED})`, async () => {
  const random = createSeededRandom(SEED + 1);
  const server = await startServer({ limits: UNLIMITED });
  const good = await goodClients(server);
  const corpus = [
    'null',
    '4null',
    '40null',
    '42null',
    '42[null]',
    '42[]',
    '42',
    '4',
    '',
    '40',
    '41',
    '43',
    '44',
    '45',
    '46',
    '47',
    '4x',
    '42["error",1]',
    '42["disconnect"]',
    '42["newListener",1]',
    '42[1]',
    '42["join"]',
    '42["__proto__",{}]',
    '42[{}]',
    '40{"pid":{},"offset":"x"}',
    '40{"__proto__":1}',
    '40/__proto__,',
    '40/x,{"token":"x"}',
    '430[]',
    '4399999[]',
    '42999999999999999999999["join",{"room":"r"}]',
    '42-1["join"]',
    '42/x,["join"]',
    '421["join",{"room":"r"},1,2,3]',
    '451-["join",{"_placeholder":true,"num":0}]',
    '451-["join",{"_placeholder":true,"num":7}]',
    '45999999-["join"]',
    '45-1-["join"]',
    '451-0["join",{"room":{"_placeholder":true,"num":0}}]',
    '461-0[]',
    '451e9-["x"]',
    '45',
    '0',
    '1',
    '2',
    '2probe',
    '3',
    '3probe',
    '5',
    '6',
    '7',
    'b',
    'bAAAA',
    'b!',
    '\u001e',
    '\u0000',
    '9'.repeat(300),
    `42${'['.repeat(30_000)}`,
    `42["join",${'['.repeat(15_000)}${']'.repeat(15_000)}]`,
    `42["${'x'.repeat(60_000)}"]`,
    `40/${'x'.repeat(60_000)},`,
    'x'.repeat(70_000),
    `421["join",{"room":"${'é'.repeat(25_000)}"}]`,
  ] as const;
  await fuzzConnections(server, ENGINE_PACKETS, random, (socket) => {
    const choice = random.below(10);
    if (choice < 4) return socket.send(random.pick(corpus));
    if (choice === 4) return socket.sendFrame(random.bytes(random.below(300)), { opcode: 2 });
    if (choice === 5) return socket.send(Buffer.from(random.bytes(random.below(100))).toString('latin1'));
    const text = `42${random.below(5)}${JSON.stringify(anyRequest(random, ['nobody', '__proto__']))}`;
    if (choice === 6) return socket.send(text);
    // One that is nearly right, with a character changed, left out or added.
    const at = random.below(text.length);
    const inserted = random.pick(['', '"', '{', ']', '0', '-', ',', '\\', '\u0000', '/']);
    return socket.send(text.slice(0, at) + inserted + text.slice(at + random.below(2)));
  });
  await good.stop();
});

it(`survives ${FRAMES} broken WebSocket frames (FUZZ_SEED=${SEED})`, async () => {
  const random = createSeededRandom(SEED + 2);
  const server = await startServer({ limits: UNLIMITED });
  const good = await goodClients(server);
  await fuzzConnections(server, FRAMES, random, (socket) => {
    const payload = random.below(2) === 0 ? random.bytes(random.below(200)) : Buffer.from('421["join",{"room":"r"}]');
    const options = {
      opcode: random.below(16),
      fin: random.below(4) > 0,
      reserved: random.below(6) > 0 ? 0 : random.below(8),
      masked: random.below(6) > 0,
    };
    if (random.below(4) > 0) return socket.sendFrame(payload, options);
    const frame = encodeFrame(payload, options);
    // Lengths that are not true, and ends that never come.
    if (random.below(2) === 0) return socket.sendBytes(frame.subarray(0, random.below(frame.length)));
    return socket.sendBytes(Buffer.concat([frame.subarray(0, 1), random.bytes(12), frame.subarray(1)]));
  });
  await good.stop();
});
