/**
 * A process of its own that signals as fast as the network takes it, again and again: `node flood.mjs PORT ROOM`. Prints
 * the code of each goodbye. Its packets are made once, so that it takes no processor from those it floods.
 */
import { connect } from 'node:net';

const [port = '0', room = ''] = process.argv.slice(2);
/** Before the next connection, when one was refused or cut off, milliseconds. */
const PAUSE_MS = 20;
/** Written at once. */
const PACKETS = 500;

/** @param {string} text */
function frame(text) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  // A mask of zeros.
  return Buffer.concat([Buffer.from([0x81, 0x80 | (head[0] ?? 0), ...head.slice(1), 0, 0, 0, 0]), payload]);
}

const signal = frame(`421${JSON.stringify(['signal', { room, to: 'nobody', data: 'x'.repeat(1_000) }])}`);
const flood = Buffer.concat(Array.from({ length: PACKETS }, () => signal));
const upgrade = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  `Host: 127.0.0.1:${port}`,
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

function open() {
  const link = connect(Number(port), '127.0.0.1', () => link.write(`${upgrade.join('\r\n')}\r\n\r\n`));
  let begun = false;
  link.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    for (const [, code] of text.matchAll(/\["bye",\{"code":"([A-Z_]+)"/g)) process.stdout.write(`${code}\n`);
    if (text.includes('"upgrades"')) link.write(frame('40'));
    if (begun || !text.includes('40{"sid"')) return;
    begun = true;
    link.write(frame(`420${JSON.stringify(['join', { room }])}`));
    const more = () => {
      while (link.writable && link.write(flood));
    };
    link.on('drain', more);
    more();
  });
  link.on('error', () => link.destroy());
  link.on('close', () => setTimeout(open, PAUSE_MS));
}

open();
