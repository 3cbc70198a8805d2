/** A process of its own that signals as fast as it can, again and again: `node flood.mjs URL ROOM`. Prints each goodbye. */
import { io } from 'socket.io-client';

const [url = '', room = ''] = process.argv.slice(2);
const message = { room, to: 'nobody', data: 'x'.repeat(1_000) };
/** Packets that wait in this process: more would only fill its memory. */
const MAX_WAITING = 2_000;

function connect() {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
  function flood() {
    if (!socket.connected) return;
    for (let count = 0; count < 100; count++) {
      if (socket.io.engine.writeBuffer.length < MAX_WAITING) socket.emit('signal', message, () => undefined);
    }
    setImmediate(flood);
  }
  socket.on('connect', () => socket.emit('join', { room }, flood));
  socket.on('bye', ({ code }) => process.stdout.write(`${code}\n`));
  socket.on('disconnect', connect);
  socket.on('connect_error', (error) => {
    process.stderr.write(`${error}\n`);
    setTimeout(connect, 100);
  });
}

connect();
