/** Ours: socket.io, which is engine.io below. */
import type { JoinReply } from '@rxdb-p2p/protocol/signaling';
import { type Dialect, openSocket } from './dialect.ts';

export const RXDB_P2P: Dialect = {
  async connect(port) {
    const counted = await openSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const { socket, onMessage, next } = counted;
    await next((text) => (text.startsWith('0') ? true : undefined));
    socket.send('40');
    await next((text) => (text.startsWith('40') ? true : undefined));
    let asked = 0;
    let id = '';
    let tell: ((data: string) => void) | undefined;
    onMessage((text) => {
      if (text === '2') socket.send('3');
      if (!text.startsWith('42["signal"')) return;
      const [, message] = JSON.parse(text.slice(2)) as [string, { readonly data: string }];
      tell?.(message.data);
    });
    return {
      get id() {
        return id;
      },
      get received() {
        return counted.received;
      },
      async join(room) {
        asked += 1;
        const beginning = `43${asked}[`;
        socket.send(`42${asked}${JSON.stringify(['join', { room }])}`);
        const answer = await next((text) => (text.startsWith(beginning) ? text : undefined));
        const [reply] = JSON.parse(answer.slice(beginning.length - 1)) as [JoinReply];
        if (!reply.ok) throw new Error(`${reply.code}: ${reply.message}`);
        id = reply.self;
        return answer.length;
      },
      signal: (to, room, data) => socket.send(`42${JSON.stringify(['signal', { room, to, data }])}`),
      onSignal(listener) {
        tell = listener;
      },
      close: () => socket.terminate(),
    };
  },
};
