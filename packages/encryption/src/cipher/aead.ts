/**
 * The one cipher of this package: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439 §2.8) with a random nonce before
 * the ciphertext. 192 random bits do not repeat: after 2^80 values under one key the chance is still below 2^-32.
 *
 * Stream and authenticator are those of @noble/ciphers; they are put together here, because its own AEAD sets the stream up
 * twice for each value, which is most of the time that a small one takes. Tests compare the two.
 */
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { xchacha20 } from '@noble/ciphers/chacha.js';
import { equalBytes, randomBytes } from '@noble/ciphers/utils.js';
import { NONCE_BYTES, TAG_BYTES } from '../keys/key-limits.ts';

/** Random bytes; a port for the vectors of the tests alone. */
export type Random = (length: number) => Uint8Array;

/** Bytes of the first block of the stream: it makes the authenticator's key, and encrypts nothing. */
const KEY_BLOCK_BYTES = 64;
const AUTHENTICATOR_KEY_BYTES = 32;

/** `out` from `start`: nonce, ciphertext, tag. Needs NONCE_BYTES + plaintext + TAG_BYTES of room. */
export function sealInto(
  out: Uint8Array,
  start: number,
  key: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
  random: Random = randomBytes,
): void {
  const nonce = random(NONCE_BYTES);
  const stream = new Uint8Array(KEY_BLOCK_BYTES + plaintext.length);
  stream.set(plaintext, KEY_BLOCK_BYTES);
  xchacha20(key, nonce, stream, stream);
  const ciphertext = stream.subarray(KEY_BLOCK_BYTES);
  out.set(nonce, start);
  out.set(ciphertext, start + NONCE_BYTES);
  out.set(tagOf(stream, ciphertext, associated), start + NONCE_BYTES + plaintext.length);
  stream.fill(0, 0, KEY_BLOCK_BYTES);
}

/** Undefined when a single bit of nonce, ciphertext, tag, key or associated data is not what it was. */
export function open(key: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const ciphertext = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
  const stream = new Uint8Array(KEY_BLOCK_BYTES + ciphertext.length);
  stream.set(ciphertext, KEY_BLOCK_BYTES);
  xchacha20(key, sealed.slice(0, NONCE_BYTES), stream, stream);
  const tag = tagOf(stream, ciphertext, associated);
  stream.fill(0, 0, KEY_BLOCK_BYTES);
  // In constant time; nobody gets to see what was deciphered before it is known to be authentic.
  if (equalBytes(tag, sealed.subarray(sealed.length - TAG_BYTES))) return stream.subarray(KEY_BLOCK_BYTES);
  stream.fill(0);
  return undefined;
}

/** Associated data and ciphertext, each filled up to 16 bytes, then both lengths, 8 bytes, little endian. */
function tagOf(stream: Uint8Array, ciphertext: Uint8Array, associated: Uint8Array): Uint8Array {
  const ciphertextAt = (associated.length + 15) & ~15;
  const lengthsAt = ciphertextAt + ((ciphertext.length + 15) & ~15);
  const message = new Uint8Array(lengthsAt + 16);
  message.set(associated);
  message.set(ciphertext, ciphertextAt);
  writeLength(message, lengthsAt, associated.length);
  writeLength(message, lengthsAt + 8, ciphertext.length);
  return poly1305(message, stream.subarray(0, AUTHENTICATOR_KEY_BYTES));
}

/** Values are far shorter than 2^32 bytes. */
function writeLength(message: Uint8Array, at: number, length: number): void {
  message[at] = length;
  message[at + 1] = length >>> 8;
  message[at + 2] = length >>> 16;
  message[at + 3] = length >>> 24;
}
