/** How a client of one signaling server speaks, on a bare WebSocket, so that its own library is not what is measured. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Dialect {
  /** Resolves when the server knows the client. */
  connect(port: number): Promise<Client>;
}

export interface Client {
  readonly id: string;
  /** Bytes that have come, as payloads of frames. */
  readonly received: number;
  /** Resolves with the bytes of the answer. */
  join(room: string): Promise<number>;
  signal(to: string, room: string, data: string): void;
  /** One listener: what others send it, as it comes. */
  onSignal(listener: (data: string) => void): void;
  close(): void;
}

/** A WebSocket that counts. Messages that come before somebody listens wait. */
export interface CountedSocket {
  readonly socket: WebSocket;
  readonly received: number;
  onMessage(listener: (text: string) => void): void;
  /** The first message from now on that `take` makes something of. */
  next<T>(take: (text: string) => T | undefined): Promise<T>;
}

export async function openSocket(url: string): Promise<CountedSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const listeners = new Set<(text: string) => void>();
  const early: string[] = [];
  let received = 0;
  socket.on('message', (data: Buffer) => {
    received += data.length;
    const text = data.toString();
    if (listeners.size === 0) early.push(text);
    for (const listener of [...listeners]) listener(text);
  });
  await once(socket, 'open');
  return {
    socket,
    get received() {
      return received;
    },
    onMessage(listener) {
      listeners.add(listener);
    },
    next: (take) =>
      new Promise((resolve, reject) => {
        const closed = (): void => reject(new Error(`${url} has closed the connection`));
        socket.once('close', closed);
        const look = (text: string): void => {
          const taken = take(text);
          if (taken === undefined) return;
          listeners.delete(look);
          socket.off('close', closed);
          resolve(taken);
        };
        listeners.add(look);
        for (const text of early.splice(0)) look(text);
      }),
  };
}
