/** Sends broken packets of one kind after the other to a server. What it answers is checked where it has to answer. */
import { parseJoinReply, parseReply } from '@rxdb-p2p/protocol/signaling';
import { anyRequest, GOOD_ROOM, sendBrokenFrame, sendBrokenPacket } from './broken-packets.ts';
import { openRawSocket, openRawWebSocket, type RawWebSocket } from './raw-websocket.ts';
import type { SeededRandom } from './seeded-random.ts';

/** socket.io's own: an event of such a name is no packet to it. */
const RESERVED: readonly unknown[] = [
  ...['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'],
];
/** Requests that are under way at once. */
const WINDOW = 100;

/**
 * Broken requests that are well-formed packets, JSON and binary: each has to be answered, and the connection to live on.
 *
 * @param peers ids of clients in other rooms
 * @throws when an answer is missing, or is none
 */
export async function fuzzRequests(
  port: number,
  count: number,
  random: SeededRandom,
  peers: readonly string[],
): Promise<void> {
  const socket = await openRawSocket(port);
  for (let asked = 0; asked < count; ) {
    const first = asked;
    while (asked < count && asked < first + WINDOW) {
      const request = anyRequest(random, ['nobody', ...peers]);
      const [event] = request;
      const isEvent = typeof event === 'number' || (typeof event === 'string' && !RESERVED.includes(event));
      if (!isEvent || JSON.stringify(request).includes(GOOD_ROOM)) continue;
      if (random.below(3) === 0) sendBinary(socket, asked, request, random);
      else socket.send(`42${asked}${JSON.stringify(request)}`);
      asked++;
    }
    await answers(socket, first, asked);
  }
  if (!socket.open) throw new Error('the connection was ended');
  socket.destroy();
}

/** The same with bytes in the place of a field, as socket.io sends them: a placeholder, and a binary message after it. */
function sendBinary(
  socket: RawWebSocket,
  id: number,
  [event, message]: readonly unknown[],
  random: SeededRandom,
): void {
  const bytes = { _placeholder: true, num: 0 };
  const field = random.pick(['room', 'to', 'data', 'token']);
  // Placeholders of its own would not have their bytes.
  const own = JSON.stringify(message ?? null).includes('_placeholder') ? null : message;
  const isRecord = typeof own === 'object' && own !== null && !Array.isArray(own);
  socket.send(`451-${id}${JSON.stringify([event, isRecord ? { ...own, [field]: bytes } : bytes])}`);
  socket.sendFrame(random.bytes(random.below(100)), { opcode: 2 });
}

async function answers(socket: RawWebSocket, first: number, end: number): Promise<void> {
  for (let id = first; id < end; id++) {
    const packet = await socket.next(`43${id}[`);
    const [answer] = JSON.parse(packet.slice(packet.indexOf('['))) as [unknown];
    if (parseJoinReply(answer) === undefined && parseReply(answer) === undefined) {
      throw new Error(`an answer that is none: ${packet.slice(0, 200)}`);
    }
  }
  // What else it was told, of rooms that it is in, is not waited for.
  socket.received.length = 0;
}

export async function fuzzPackets(port: number, count: number, random: SeededRandom): Promise<void> {
  await fuzzConnections(port, count, random, sendBrokenPacket);
}

export async function fuzzFrames(port: number, count: number, random: SeededRandom): Promise<void> {
  await fuzzConnections(port, count, random, sendBrokenFrame);
}

/** Sends until the server has had enough, then connects again. */
async function fuzzConnections(
  port: number,
  count: number,
  random: SeededRandom,
  sendOne: (socket: RawWebSocket, random: SeededRandom) => void,
): Promise<void> {
  let socket: RawWebSocket | undefined;
  for (let sent = 0; sent < count; sent++) {
    if (socket === undefined || !socket.open) {
      socket = random.below(4) === 0 ? await openRawWebSocket(port) : await openRawSocket(port);
    }
    sendOne(socket, random);
    // Sometimes the server reads several at once.
    if (random.below(3) > 0) await new Promise((resolve) => setImmediate(resolve));
    if (random.below(50) === 0) socket.destroy();
  }
  socket?.destroy();
}
