import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { createFieldHasher, fieldHash, HASH_LENGTH, hash64, sameFields } from './field-hashes.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The 64 bits of a hash; the last of its 66 are always 0. */
function bitsOf(hash: string): boolean[] {
  const bits: boolean[] = [];
  for (const digit of hash) for (let bit = 5; bit >= 0; bit--) bits.push(((DIGITS.indexOf(digit) >> bit) & 1) === 1);
  return bits;
}

/** Values of all types, and strings that look like the JSON of another one. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    1,
    '1',
    -1,
    '-1',
    null,
    'null',
    true,
    'true',
    false,
    'false',
    [],
    '[]',
    {},
    '{}',
    '',
    '""',
    '"',
  ),
  fc.jsonValue(),
  fc.jsonValue().map((json) => JSON.stringify(json)),
);
/** RxDB takes no field without a name, and none with a line break in it. */
const name = fc.constantFrom('a', 'b', 'aa', 'constructor', 'é', '__proto__');
const body = fc.dictionary(name, value, { maxKeys: 6 });

describe('hash64', () => {
  it('is 11 characters of base64url with 64 bits in them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const hash = hash64(text);
        expect(hash).toMatch(/^[\w-]{11}$/);
        expect(bitsOf(hash).slice(64)).toStrictEqual([false, false]);
        expect(hash64(`${text}`)).toBe(hash);
      }),
    );
    expect(HASH_LENGTH).toBe(11);
  });

  it('gives different hashes to a million short texts that are much alike', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 250_000; i++) {
      seen.add(hash64(String(i)));
      seen.add(hash64(`"${i.toString(36)}"`));
      seen.add(hash64(`{"n":${i}}`));
      seen.add(hash64(String.fromCharCode(0x4e00 + (i >> 8), 0x100 + (i & 0xff))));
    }
    expect(seen.size).toBe(1_000_000);
  });

  it('changes each of its bits in about half of all cases when one bit of the text changes', () => {
    const changed = new Array<number>(64).fill(0);
    let cases = 0;
    for (let i = 0; i < 200; i++) {
      const text = `value ${i * 7919}`;
      const before = bitsOf(hash64(text));
      for (let at = 0; at < text.length; at += 3) {
        for (const bit of [0, 3, 6, 11]) {
          const unit = text.charCodeAt(at) ^ (1 << bit);
          const after = bitsOf(hash64(text.slice(0, at) + String.fromCharCode(unit) + text.slice(at + 1)));
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

  it('differs for texts that differ in their zeros', () => {
    expect(new Set(['', '\0', '\0\0', '\0\0\0', '0', '00'].map((text) => hash64(text))).size).toBe(6);
  });
});

describe('field hashes', () => {
  it('[MERGE-10] are equal exactly where the values are', () => {
    const hasher = createFieldHasher();
    fc.assert(
      fc.property(body, body, (a, b) => {
        const [hashesA, hashesB] = [hasher.hash(a), hasher.hash(b)];
        for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) {
          const same =
            Object.hasOwn(a, field) === Object.hasOwn(b, field) && canonicalJson(a[field]) === canonicalJson(b[field]);
          expect(fieldHash(hashesA, field) === fieldHash(hashesB, field)).toBe(same);
        }
        expect(sameFields(hashesA, hashesB)).toBe(canonicalJson(a) === canonicalJson(b));
      }),
    );
  });

  it('[MERGE-10] name the fields in order and leave out what is undefined', () => {
    const hashes = createFieldHasher().hash({ z: 1, A: undefined, a: [2] });
    expect(hashes.names).toStrictEqual(['a', 'z']);
    expect(hashes.hashes).toHaveLength(2 * HASH_LENGTH);
    expect(fieldHash(hashes, 'A')).toBeUndefined();
  });

  it('[MERGE-10] are made with the function given, on a text that only equal values have', () => {
    const texts: string[] = [];
    const hasher = createFieldHasher((text) => {
      texts.push(text);
      return 'x'.repeat(HASH_LENGTH);
    });
    const values = [1, '1', '"1"', null, 'null', { b: 1, a: 2 }, '{"a":2,"b":1}', [], '[]', true, 'true', 'plain', ''];
    for (const field of values)
      expect(hasher.hash({ field })).toStrictEqual({ names: ['field'], hashes: 'x'.repeat(11) });
    expect(new Set(texts).size).toBe(values.length);
    hasher.hash({ field: { a: 2, b: 1 } });
    expect(texts.at(-1)).toBe(texts[5]);
  });
});
