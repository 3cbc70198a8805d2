/** peerjs-server. It has no rooms: who wants to find others asks for the list of all (`allow_discovery`). */
import { randomBytes } from 'node:crypto';
import { type Dialect, openSocket } from './dialect.ts';

const KEY = 'peerjs';

export const PEERJS: Dialect = {
  async connect(port) {
    const id = randomBytes(10).toString('hex');
    const counted = await openSocket(`ws://127.0.0.1:${port}/peerjs?key=${KEY}&id=${id}&token=${id}&version=1`);
    const { socket, onMessage, next } = counted;
    await next((text) => (text.includes('"OPEN"') ? true : undefined));
    let tell: ((data: string) => void) | undefined;
    let listed = 0;
    onMessage((text) => {
      const { type, payload } = JSON.parse(text) as { readonly type: string; readonly payload?: string };
      if (type === 'OFFER') tell?.(payload ?? '');
    });
    return {
      id,
      get received() {
        return counted.received + listed;
      },
      async join() {
        const answer = await fetch(`http://127.0.0.1:${port}/${KEY}/peers`);
        const { length } = await answer.text();
        listed += length;
        return length;
      },
      signal: (dst, _room, payload) => socket.send(JSON.stringify({ type: 'OFFER', dst, payload })),
      onSignal(listener) {
        tell = listener;
      },
      close: () => socket.terminate(),
    };
  },
};
