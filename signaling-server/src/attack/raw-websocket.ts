/** A WebSocket client that can misbehave: it sends any frame, or bytes that are none, and may stop reading. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface FrameOptions {
  /** 1 text, 2 binary, 8 close, 9 ping, 10 pong; the others are reserved. */
  readonly opcode?: number;
  readonly fin?: boolean;
  /** The three reserved bits. */
  readonly reserved?: number;
  readonly masked?: boolean;
}

export interface RawWebSocket {
  readonly link: Socket;
  readonly open: boolean;
  /** Text frames that came and that `next` has not taken. */
  readonly received: string[];
  send(text: string): void;
  sendFrame(payload: Uint8Array, options?: FrameOptions): void;
  sendBytes(bytes: Uint8Array): void;
  /** The first text frame with this beginning, also one that came before. Rejects when the connection ends first. */
  next(beginning: string): Promise<string>;
  closed(): Promise<void>;
  destroy(): void;
}

const ENGINE_PATH = '/socket.io/?EIO=4&transport=websocket';

/** Rejects with the HTTP status line and body when the server does not switch protocols. */
export function openRawWebSocket(
  port: number,
  { path = ENGINE_PATH, headers = [] }: { readonly path?: string; readonly headers?: readonly string[] } = {},
): Promise<RawWebSocket> {
  const link = connect({ port, host: '127.0.0.1', noDelay: true });
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...headers,
  ];
  link.write(`${lines.join('\r\n')}\r\n\r\n`);
  // A server that cuts a bad client resets the connection: that is a way to close it.
  link.on('error', () => link.destroy());
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const onClose = (): void => reject(new Error(head.toString('latin1') || 'closed without an answer'));
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0 || !head.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) return;
      link.off('data', onData);
      link.off('close', onClose);
      resolve(talk(link, head.subarray(end + 4)));
    };
    link.on('data', onData);
    link.once('close', onClose);
  });
}

/** Also says hello on both layers above: afterwards the client may send `42[…]`. */
export async function openRawSocket(port: number): Promise<RawWebSocket> {
  const socket = await openRawWebSocket(port);
  await socket.next('0{');
  socket.send('40');
  await socket.next('40{');
  return socket;
}

export function encodeFrame(payload: Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = 1, fin = true, reserved = 0, masked = true } = options;
  const length = payload.length < 126 ? payload.length : payload.length < 65_536 ? 126 : 127;
  const header = Buffer.alloc(length === 126 ? 4 : length === 127 ? 10 : 2);
  header[0] = (fin ? 0x80 : 0) | ((reserved & 7) << 4) | (opcode & 15);
  header[1] = (masked ? 0x80 : 0) | length;
  if (length === 126) header.writeUInt16BE(payload.length, 2);
  if (length === 127) header.writeBigUInt64BE(BigInt(payload.length), 2);
  // A mask of zeros is a mask, and leaves the payload readable in a dump.
  return Buffer.concat([header, masked ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

function talk(link: Socket, first: Buffer): RawWebSocket {
  const received: string[] = [];
  const waiting = new Set<() => void>();
  let buffered = first;

  const read = (): void => {
    for (let frame = takeFrame(buffered); frame !== undefined; frame = takeFrame(buffered)) {
      buffered = buffered.subarray(frame.end);
      if (frame.opcode === 1) received.push(frame.payload.toString());
      if (frame.opcode === 8) link.end();
    }
    for (const look of waiting) look();
  };
  link.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    read();
  });
  link.on('close', read);
  read();

  const sendBytes = (bytes: Uint8Array): void => {
    if (link.writable) link.write(bytes);
  };
  return {
    link,
    received,
    get open() {
      return !link.destroyed && link.writable;
    },
    send: (text) => sendBytes(encodeFrame(Buffer.from(text))),
    sendFrame: (payload, options) => sendBytes(encodeFrame(payload, options)),
    sendBytes,
    next: (beginning) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const index = received.findIndex((text) => text.startsWith(beginning));
          if (index < 0 && !link.destroyed) return;
          waiting.delete(look);
          const [text] = index < 0 ? [] : received.splice(index, 1);
          if (text === undefined) reject(new Error(`closed before ${beginning}`));
          else resolve(text);
        };
        waiting.add(look);
        look();
      }),
    closed: () => new Promise((resolve) => (link.destroyed ? resolve() : link.once('close', () => resolve()))),
    destroy: () => link.destroy(),
  };
}

/** A frame of a server is not masked. */
function takeFrame(bytes: Buffer): { opcode: number; payload: Buffer; end: number } | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const start = second === 126 ? 4 : second === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = second === 126 ? bytes.readUInt16BE(2) : second === 127 ? Number(bytes.readBigUInt64BE(2)) : second;
  const end = start + length;
  return bytes.length < end ? undefined : { opcode: first & 15, payload: bytes.subarray(start, end), end };
}
