/** The proof in OPEN of knowing a room without naming it. */
import { sha256 } from '@noble/hashes/sha2.js';
import { base64url } from '../version/base64url.ts';
import type { HelloFrame } from './frames.ts';

/**
 * [CONN-5] OPEN does not name the room: it proves to know it. A peer that shares another topic with us learns nothing.
 * The nonces bind a proof to one connection; the opener's id, which no peer can share with us, keeps a peer from
 * handing our own proof back to us, on this connection or on another.
 */
export function proveRoom(room: string, opener: HelloFrame, other: HelloFrame): string {
  const text = new TextEncoder().encode(`rxdb-p2p open 1\n${opener.replica}\n${room}`);
  const bytes = new Uint8Array(opener.nonce.length + other.nonce.length + text.length);
  bytes.set(opener.nonce);
  bytes.set(other.nonce, opener.nonce.length);
  bytes.set(text, opener.nonce.length + other.nonce.length);
  return base64url(sha256(bytes));
}
