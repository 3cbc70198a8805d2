/**
 * The one cipher of this package: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce before the
 * ciphertext. 192 random bits do not repeat: after 2^80 values under one key the chance is still below 2^-32.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { randomBytes } from '@noble/ciphers/utils.js';
import { NONCE_BYTES, TAG_BYTES } from '../keys/key-limits.ts';

/** Random bytes; a port for the vectors of the tests alone. */
export type Random = (length: number) => Uint8Array;

/** `out` from `start`: nonce, ciphertext, tag. Needs NONCE_BYTES + plaintext + TAG_BYTES of room. */
export function sealInto(
  out: Uint8Array,
  start: number,
  key: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
  random: Random = randomBytes,
): void {
  const nonce = out.subarray(start, start + NONCE_BYTES);
  nonce.set(random(NONCE_BYTES));
  const room = out.subarray(start + NONCE_BYTES, start + NONCE_BYTES + plaintext.length + TAG_BYTES);
  xchacha20poly1305(key, nonce, associated).encrypt(plaintext, room);
}

/** Undefined when a single bit of nonce, ciphertext, tag, key or associated data is not what it was. */
export function open(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), associated);
  try {
    // The tag is compared in constant time, before anything is deciphered.
    return cipher.decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    return undefined;
  }
}
