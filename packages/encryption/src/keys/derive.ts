/**
 * Keys from secrets and from keys: scrypt (RFC 7914) stretches passphrases, HKDF-SHA-256 (RFC 5869) separates what one key
 * is used for.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8 } from '../cipher/bytes.ts';
import { KEY_BYTES } from './key-limits.ts';
import { normalise } from './secret.ts';

export interface ScryptParams {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Longest time that stretching keeps the page from painting, in milliseconds. */
const SCRYPT_TICK_MS = 16;

/** 32 bytes from a passphrase. Takes 128·N·r bytes of memory. */
export async function stretch(passphrase: string, salt: Uint8Array, { N, r, p }: ScryptParams): Promise<Uint8Array> {
  const maxmem = 128 * r * (N + p + 1);
  const bytes = utf8(normalise(passphrase));
  try {
    return await scryptAsync(bytes, salt, { N, r, p, dkLen: KEY_BYTES, maxmem, asyncTick: SCRYPT_TICK_MS });
  } finally {
    bytes.fill(0);
  }
}

/** `length` bytes from a key that is random already. The label says what they are for; no label is used twice. */
export function derive(key: Uint8Array, salt: Uint8Array, label: string | Uint8Array, length: number): Uint8Array {
  return hkdf(sha256, key, salt, typeof label === 'string' ? utf8(label) : label, length);
}
