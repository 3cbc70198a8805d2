/** Randomness of this package: always the platform's cryptographic source. */
import { base64url } from '@rxdb-p2p/protocol';

export function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** Random base64url of so many bytes. */
export function randomId(bytes: number): string {
  return base64url(randomBytes(bytes));
}
