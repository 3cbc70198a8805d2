import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical.ts';
import { createFieldHasher, fieldHash, HASH_LENGTH, sameFields } from './field-hashes.ts';

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

  it('[MERGE-10] tell names apart that hold a line feed', () => {
    const hasher = createFieldHasher();
    expect(hasher.hash({ 'a\nb': 1, c: 2 }).names).toStrictEqual(['a\nb', 'c']);
    expect(hasher.hash({ a: 1, 'b\nc': 2 }).names).toStrictEqual(['a', 'b\nc']);
    expect(hasher.hash({ a: 1, b: 2 }).names).toStrictEqual(['a', 'b']);
  });

  it('[MERGE-10] remember no shapes that are large', () => {
    const hasher = createFieldHasher();
    const large = (): Record<string, number> => ({ ['x'.repeat(9_000)]: 1 });
    const shapes = [large(), { x: 1 }, large(), { x: 2 }].map((body) => hasher.hash(body).names);
    expect(shapes[0]).not.toBe(shapes[2]);
    expect(shapes[1]).toBe(shapes[3]);
  });
});
