/**
 * A hash of integers and texts in four lanes of 32 bits, in the manner of MurmurHash3 (Appleby, public domain). Fast, and the
 * same on every machine; not cryptographic: against chance, not against somebody who looks for two inputs with one result.
 * SPEC.md §2 has its steps. A class, since it is on the path of every document of a first sync.
 */

const MULTIPLIERS = [0xcc9e2d51, 0x1b873593, 0x38b34ae5, 0xa1e38b93] as const;
const [A, B, C, D] = MULTIPLIERS;

export class Mixer {
  a: number = 0x9e3779b9 | 0;
  b: number = 0x85ebca6b | 0;
  c: number = 0xc2b2ae35 | 0;
  d: number = 0x27d4eb2f | 0;

  /** One word; only its low 32 bits count. */
  word(word: number): void {
    const a = Math.imul(this.a ^ word, A);
    const b = Math.imul(this.b ^ word, B);
    const c = Math.imul(this.c ^ word, C);
    const d = Math.imul(this.d ^ word, D);
    this.a = (a << 13) | (a >>> 19);
    this.b = (b << 17) | (b >>> 15);
    this.c = (c << 15) | (c >>> 17);
    this.d = (d << 18) | (d >>> 14);
  }

  /** An integer from 0 to 2^53 − 1: its high bits, then its low 32. */
  count(count: number): void {
    this.word(Math.floor(count / 2 ** 32));
    this.word(count | 0);
  }

  /** A text: its length, then two UTF-16 units at a time, the earlier one in the high half. */
  text(text: string): void {
    const { length } = text;
    this.word(length);
    let { a, b, c, d } = this;
    for (let i = 0; i < length; i += 2) {
      const word = (text.charCodeAt(i) << 16) | (i + 1 < length ? text.charCodeAt(i + 1) : 0);
      a = Math.imul(a ^ word, A);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ word, B);
      b = (b << 17) | (b >>> 15);
      c = Math.imul(c ^ word, C);
      c = (c << 15) | (c >>> 17);
      d = Math.imul(d ^ word, D);
      d = (d << 18) | (d >>> 14);
    }
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }

  /** Crosses the lanes, so that every bit of what went in moves every bit of them. Call once, at the end. */
  finish(): void {
    this.a = avalanche(this.a ^ this.b ^ this.c ^ this.d);
    this.b = avalanche(this.b ^ this.a);
    this.c = avalanche(this.c ^ this.b);
    this.d = avalanche(this.d ^ this.c);
  }
}

/** The end of MurmurHash3 with 32 bits. */
function avalanche(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
