/** Randomness of this package: always the platform's cryptographic source. */
import { base64url } from '@rxdb-p2p/protocol';

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** In [0, 1). */
export function randomFraction(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}

/** Random base64url of so many bytes. */
export function randomId(bytes: number): string {
  return base64url(randomBytes(bytes));
}
