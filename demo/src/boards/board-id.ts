import type { Board } from '../schemas.ts';

/** Bytes of a hash that keep eight boards apart for certain, and name a collection. */
const ID_BYTES = 8;

/** Bytes of a hash that fit a code which two people read to each other. */
const ROOM_CODE_BYTES = 4;

/** Names of collections are not encrypted on the disk, so they do not give the topic away. */
export async function boardId(topic: string): Promise<string> {
  const hash = await sha256(`board ${topic}`);
  return Array.from(hash.subarray(0, ID_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Six digits that are the same on all devices of a board, and tell nothing of its secret. */
export async function roomCode({ topic, secret }: Pick<Board, 'topic' | 'secret'>): Promise<string> {
  const hash = await sha256(`room code ${topic} ${secret}`);
  const number = hash.subarray(0, ROOM_CODE_BYTES).reduce((sum, byte) => (sum * 256 + byte) % 2 ** 32, 0) % 1_000_000;
  const digits = String(number).padStart(6, '0');
  return `${digits.slice(0, 3)} ${digits.slice(3)}`;
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}
