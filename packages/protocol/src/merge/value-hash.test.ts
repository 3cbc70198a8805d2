import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { THOROUGH } from '../testing/random.ts';
import { canonicalJson } from './canonical.ts';
import { createValueHasher, VALUE_HASH_LENGTH } from './value-hash.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const hasher = createValueHasher();

function hashOf(value: unknown): string {
  const out = new Uint8Array(VALUE_HASH_LENGTH);
  hasher.write(value, out, 0);
  return String.fromCharCode(...out);
}

/** The 64 bits of a hash; the last of its 66 are always 0. */
function bitsOf(hash: string): boolean[] {
  const bits: boolean[] = [];
  for (const digit of hash) for (let bit = 5; bit >= 0; bit--) bits.push(((DIGITS.indexOf(digit) >> bit) & 1) === 1);
  return bits;
}

describe('the hash of a value', () => {
  it('is 11 characters of base64url with 64 bits in them, written where they belong', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const hash = hashOf(value);
        expect(hash).toMatch(/^[\w-]{11}$/);
        expect(bitsOf(hash).slice(64)).toStrictEqual([false, false]);
      }),
    );
    const out = new Uint8Array(VALUE_HASH_LENGTH + 2).fill(7);
    hasher.write('a', out, 1);
    expect([out[0], out[VALUE_HASH_LENGTH + 1]]).toStrictEqual([7, 7]);
  });

  it('is the same on every machine and in every version: journals keep it', () => {
    const values = [null, true, false, 0, -0, 7, -1.5, 2 ** 40, '', 'a', 'é', '\ud800', 'x'.repeat(64), 'é'.repeat(64)];
    expect([...values, 'x'.repeat(16_385), [], [1, [2]], {}, { b: 1, a: ['z'] }].map(hashOf)).toMatchSnapshot();
  });

  it('is equal exactly where canonical JSON is', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.string({ unit: 'binary', minLength: 60, maxLength: 140 }),
      fc.array(fc.constantFrom<unknown>('', 'a', 0, 1, null, [], {}, [[]]), { maxLength: 4 }),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(hashOf(a) === hashOf(b)).toBe(canonicalJson(a) === canonicalJson(b));
        expect(hashOf(JSON.parse(JSON.stringify(a)))).toBe(hashOf(a));
      }),
      { numRuns: 1_000 },
    );
    expect(hashOf({ b: 1, a: { d: 2, c: undefined } })).toBe(hashOf({ a: { d: 2 }, b: 1 }));
    // What is no JSON counts as the JSON that travels.
    const odd = [
      new Date(0),
      Number.NaN,
      Number.POSITIVE_INFINITY,
      [undefined],
      { a: { b: new Date(9) } },
      { toJSON: 1 },
    ];
    for (const value of odd) expect(hashOf(value)).toBe(hashOf(JSON.parse(JSON.stringify(value))));
  });

  it('differs for a million short values that are much alike', () => {
    const quarter = THOROUGH ? 250_000 : 50_000;
    const seen = new Set<string>();
    for (let i = 0; i < quarter; i++) {
      seen.add(hashOf(i));
      seen.add(hashOf(i / 7 + 0.01));
      seen.add(hashOf(`${i.toString(36)}`));
      seen.add(hashOf([String.fromCharCode(0x4e00 + (i >> 8), 0x100 + (i & 0xff))]));
    }
    expect(seen.size).toBe(4 * quarter);
  });

  it('changes each of its bits in about half of all cases when one bit of a string changes', () => {
    const changed = new Array<number>(64).fill(0);
    let cases = 0;
    for (let i = 0; i < 200; i++) {
      // Of both kinds: hashed by units, and by words.
      const text = `value ${i * 7919}${i % 2 === 0 ? '' : ' and more of it'.repeat(5)}`;
      const before = bitsOf(hashOf(text));
      for (let at = 0; at < text.length; at += 3) {
        for (const bit of [0, 2, 3, 5]) {
          const unit = text.charCodeAt(at) ^ (1 << bit);
          const after = bitsOf(hashOf(text.slice(0, at) + String.fromCharCode(unit) + text.slice(at + 1)));
          cases++;
          for (let i64 = 0; i64 < 64; i64++) if (before[i64] !== after[i64]) changed[i64] = (changed[i64] ?? 0) + 1;
        }
      }
    }
    for (const count of changed) {
      expect(count / cases).toBeGreaterThan(0.45);
      expect(count / cases).toBeLessThan(0.55);
    }
  });

  it('differs for texts that differ in their zeros, short and long', () => {
    const texts = ['', '\0', '\0\0', '\0\0\0', '0', '00', '\0'.repeat(64), '\0'.repeat(65), '\0'.repeat(66)];
    expect(new Set(texts.map(hashOf)).size).toBe(texts.length);
  });
});
