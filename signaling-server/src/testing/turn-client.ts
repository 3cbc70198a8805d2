/** What a client asks of a TURN server over UDP (RFC 8656), and the code of each answer: 0 is success. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { onTestFinished } from 'vitest';

export interface TurnClient {
  /** Asks for an address that relays. */
  allocate(): Promise<number>;
  /** Asks to send to this address through it. Nothing is sent there. */
  permit(peer: string): Promise<number>;
}

interface Answer {
  readonly code: number;
  readonly attributes: ReadonlyMap<number, Buffer>;
}

const ALLOCATE = 0x0003;
const CREATE_PERMISSION = 0x0008;
const USERNAME = 0x0006;
const INTEGRITY = 0x0008;
const ERROR_CODE = 0x0009;
const XOR_PEER_ADDRESS = 0x0012;
const REALM = 0x0014;
const NONCE = 0x0015;
const TRANSPORT = 0x0019;
const COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42]);
const UDP = Buffer.from([17, 0, 0, 0]);

export function createTurnClient(
  port: number,
  { username, credential }: { readonly username: string; readonly credential: string },
): TurnClient {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  let realm: Buffer | undefined;
  let nonce: Buffer | undefined;

  function request(method: number, own: readonly (readonly [number, Buffer])[]): Promise<Answer> {
    const id = randomBytes(12);
    const known = realm !== undefined && nonce !== undefined;
    const identity = known
      ? [attribute(USERNAME, Buffer.from(username)), attribute(REALM, realm ?? id), attribute(NONCE, nonce ?? id)]
      : [];
    const body = Buffer.concat([...own.map(([type, value]) => attribute(type, value)), ...identity]);
    // The length of the integrity, which is 24, counts before it is there.
    const head = Buffer.concat([uint16(method), uint16(body.length + (known ? 24 : 0)), COOKIE, id]);
    const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest();
    const mac = createHmac('sha1', key)
      .update(Buffer.concat([head, body]))
      .digest();
    const packet = Buffer.concat([head, body, ...(known ? [attribute(INTEGRITY, mac)] : [])]);
    return new Promise((resolve) => {
      // UDP: what is lost on a busy machine is sent again.
      const again = setInterval(() => socket.send(packet, port, '127.0.0.1'), 500);
      const onMessage = (message: Buffer): void => {
        if (!message.subarray(8, 20).equals(id)) return;
        clearInterval(again);
        socket.off('message', onMessage);
        resolve(parse(message));
      };
      socket.on('message', onMessage);
      socket.send(packet, port, '127.0.0.1');
    });
  }

  async function allocate(): Promise<number> {
    const first = await request(ALLOCATE, [[TRANSPORT, UDP]]);
    realm = first.attributes.get(REALM);
    nonce = first.attributes.get(NONCE);
    return realm === undefined ? first.code : (await request(ALLOCATE, [[TRANSPORT, UDP]])).code;
  }

  return {
    allocate,
    permit: async (peer) => (await request(CREATE_PERMISSION, [[XOR_PEER_ADDRESS, xorAddress(peer)]])).code,
  };
}

/** Of an IPv4 address. */
function xorAddress(text: string): Buffer {
  const bytes = text.split('.').map((byte, index) => Number(byte) ^ (COOKIE[index] ?? 0));
  return Buffer.concat([Buffer.from([0, 1]), COOKIE.subarray(0, 2), Buffer.from(bytes)]);
}

function attribute(type: number, value: Buffer): Buffer {
  return Buffer.concat([uint16(type), uint16(value.length), value, Buffer.alloc(-value.length & 3)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function parse(message: Buffer): Answer {
  const attributes = new Map<number, Buffer>();
  for (let at = 20; at + 4 <= message.length; ) {
    const length = message.readUInt16BE(at + 2);
    attributes.set(message.readUInt16BE(at), message.subarray(at + 4, at + 4 + length));
    at += 4 + length + (-length & 3);
  }
  const error = attributes.get(ERROR_CODE);
  return { code: error === undefined ? 0 : (error[2] ?? 0) * 100 + (error[3] ?? 0), attributes };
}
