/**
 * The fingerprint of a collection: a sum over all heads of a hash of (id, dot, content hash), so that it follows every change
 * at the cost of that change, and depends on no order (ARCHITECTURE §4). VER-11 says what it protects against.
 */
import type { Head } from './head.ts';
import { Mixer } from './mixer.ts';

/** On the wire: of a whole collection, and of a part of it in a repair. */
export const FINGERPRINT_BYTES: number = 16;
export const DIGEST_BYTES: number = 8;

/** What a replica says of all its heads at one moment. */
export interface Print {
  /** FINGERPRINT_BYTES */
  readonly sum: Uint8Array;
  /** Every head is covered by the vector, and every fold written: another replica with that vector has the same heads. */
  readonly settled: boolean;
}

export const EMPTY_PRINT: Print = { sum: new Uint8Array(16), settled: true };

type Heads = Iterable<{ readonly head: Head }>;

export class Fingerprint {
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  add(id: string, heads: Heads): void {
    for (const { head } of heads) {
      const { a, b, c, d } = hashOf(id, head);
      this.#a = (this.#a + a) | 0;
      this.#b = (this.#b + b) | 0;
      this.#c = (this.#c + c) | 0;
      this.#d = (this.#d + d) | 0;
    }
  }

  remove(id: string, heads: Heads): void {
    for (const { head } of heads) {
      const { a, b, c, d } = hashOf(id, head);
      this.#a = (this.#a - a) | 0;
      this.#b = (this.#b - b) | 0;
      this.#c = (this.#c - c) | 0;
      this.#d = (this.#d - d) | 0;
    }
  }

  /** FINGERPRINT_BYTES: the four lanes, each with its highest byte first. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(FINGERPRINT_BYTES);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.#a);
    view.setInt32(4, this.#b);
    view.setInt32(8, this.#c);
    view.setInt32(12, this.#d);
    return bytes;
  }

  /** The first DIGEST_BYTES of it. */
  digest(): Uint8Array {
    return this.bytes().subarray(0, DIGEST_BYTES);
  }
}

/** The digest of one document. */
export function digestOf(id: string, heads: Heads): Uint8Array {
  const fingerprint = new Fingerprint();
  fingerprint.add(id, heads);
  return fingerprint.digest();
}

function hashOf(id: string, { actor, seq, hash }: Head): Mixer {
  const mixer = new Mixer();
  mixer.text(id);
  mixer.text(actor);
  mixer.count(seq);
  mixer.text(hash);
  mixer.finish();
  return mixer;
}
