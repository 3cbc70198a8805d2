/** Broken packets for each layer, drawn from a seed: requests, packets of socket.io and engine.io, WebSocket frames. */
import { encodeFrame, type RawWebSocket } from './raw-websocket.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Whom the good clients signal in: a request that is right there is no broken one. */
export const GOOD_ROOM = 'app/good';

const NAMES = ['__proto__', 'constructor', 'toString', 'join', 'leave', 'signal', 'room', 'to', 'data', 'x'] as const;

/** Any JSON value, with a liking for those that break programs. */
function anyValue(random: SeededRandom, depth: number): unknown {
  const leaves = [
    null,
    true,
    false,
    0,
    -1,
    1e308,
    '',
    'x',
    GOOD_ROOM,
    '\u0000',
    '\ud800',
    'x'.repeat(random.below(500)),
  ];
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
export function anyRequest(random: SeededRandom, peers: readonly string[]): unknown[] {
  const maybe = (right: unknown): unknown => (random.below(3) > 0 ? right : anyValue(random, 0));
  const message = {
    room: maybe(random.pick(['r1', 'r2', '__proto__', GOOD_ROOM, 'x'.repeat(200)])),
    to: maybe(peers[random.below(peers.length)]),
    data: maybe('x'.repeat(random.below(2_000))),
    from: peers[0],
    token: maybe('x'.repeat(random.below(2_000))),
  };
  return [
    maybe(random.pick(['join', 'leave', 'signal', 'token'])),
    maybe(message),
    ...(random.below(9) > 0 ? [] : [null]),
  ];
}

/** Packets that have broken such servers before, or come close to it. */
const CORPUS = [
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

/** One broken packet of engine.io or socket.io, text or binary. */
export function sendBrokenPacket(socket: RawWebSocket, random: SeededRandom): void {
  const choice = random.below(11);
  const request = anyRequest(random, ['nobody', '__proto__']);
  const text = `42${random.below(5)}${JSON.stringify(request)}`;
  if (choice < 4) {
    socket.send(random.pick(CORPUS));
  } else if (choice === 4) {
    socket.sendFrame(random.bytes(random.below(300)), { opcode: 2 });
  } else if (choice === 5) {
    socket.send(Buffer.from(random.bytes(random.below(100))).toString('latin1'));
  } else if (choice === 6) {
    sendWithAttachments(socket, random.below(5), request, random);
  } else if (choice === 7) {
    socket.send(text);
  } else {
    // One that is nearly right, with a character changed, left out or added.
    const at = random.below(text.length);
    const inserted = random.pick(['', '"', '{', ']', '0', '-', ',', '\\', '\u0000', '/']);
    socket.send(text.slice(0, at) + inserted + text.slice(at + random.below(2)));
  }
}

/** Says how many binary parts follow, which is true or not, and sends some. */
function sendWithAttachments(
  socket: RawWebSocket,
  id: number,
  request: readonly unknown[],
  random: SeededRandom,
): void {
  const said = random.below(4);
  socket.send(`45${said}-${id}${JSON.stringify(request)}`);
  for (let part = random.below(4); part > 0; part--) socket.sendFrame(random.bytes(random.below(100)), { opcode: 2 });
}

/** One broken WebSocket frame, or a part of one. */
export function sendBrokenFrame(socket: RawWebSocket, random: SeededRandom): void {
  const payload = random.below(2) === 0 ? random.bytes(random.below(200)) : Buffer.from('421["join",{"room":"r"}]');
  const options = {
    opcode: random.below(16),
    fin: random.below(4) > 0,
    reserved: random.below(6) > 0 ? 0 : random.below(8),
    masked: random.below(6) > 0,
  };
  const frame = encodeFrame(payload, options);
  const kind = random.below(8);
  if (kind > 1) socket.sendBytes(frame);
  // An end that never comes, and a length that is not true.
  else if (kind === 1) socket.sendBytes(frame.subarray(0, random.below(frame.length)));
  else socket.sendBytes(Buffer.concat([frame.subarray(0, 1), random.bytes(12), frame.subarray(1)]));
}
