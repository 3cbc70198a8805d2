/** The signaling server in rxdb/plugins/replication-webrtc. It answers a join by telling the whole room who is in it. */
import { type Dialect, openSocket } from './dialect.ts';

interface Message {
  readonly type: string;
  readonly yourPeerId?: string;
  readonly otherPeerIds?: readonly string[];
  readonly data?: string;
}

export const RXDB: Dialect = {
  async connect(port) {
    const counted = await openSocket(`ws://127.0.0.1:${port}/`);
    const { socket, onMessage, next } = counted;
    const id = await next((text) => (JSON.parse(text) as Message).yourPeerId);
    let tell: ((data: string) => void) | undefined;
    onMessage((text) => {
      // Lists of rooms are not looked at: that the client has to is not the server's cost.
      if (!text.includes('"type":"signal"')) return;
      tell?.((JSON.parse(text) as Message).data ?? '');
    });
    return {
      id,
      get received() {
        return counted.received;
      },
      async join(room) {
        socket.send(JSON.stringify({ type: 'join', room }));
        return next((text) => (text.includes('"type":"joined"') && text.includes(`"${id}"`) ? text.length : undefined));
      },
      signal: (to, room, data) =>
        socket.send(JSON.stringify({ type: 'signal', senderPeerId: id, receiverPeerId: to, room, data })),
      onSignal(listener) {
        tell = listener;
      },
      close: () => socket.terminate(),
    };
  },
};
