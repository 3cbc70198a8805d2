import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFieldHasher, NO_FIELDS } from '../merge/field-hashes.ts';
import { THOROUGH } from '../testing/random.ts';
import { CONTENT_HASH_LENGTH, contentHash, headOf, opaqueContentHash } from './content-hash.ts';
import { type Envelope, NO_FIELD_CLOCKS, NO_PAST } from './head.ts';

const A = 'AAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBB';
const hasher = createFieldHasher();
const keyed = createFieldHasher((text) => `key${text.length}`.padEnd(11, '-'));
const plain: Envelope = { time: 7, actor: A, seq: 1, past: NO_PAST, deleted: false, clocks: NO_FIELD_CLOCKS };
const hashOf = (body: Readonly<Record<string, unknown>>, envelope = plain): string =>
  contentHash(envelope, hasher.hash(body));

describe('a content hash', () => {
  it('[VER-9] is 64 bits, and the same for equal content, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }), (body) => {
        const turned = Object.fromEntries(Object.entries(body).reverse());
        expect(hashOf(turned)).toBe(hashOf(body));
        expect(hashOf(JSON.parse(JSON.stringify(body)))).toBe(hashOf(body));
        expect(hashOf(body)).toMatch(/^[\w-]{10}[AEIMQUYcgkosw048]$/);
        expect(hashOf(body)).toHaveLength(CONTENT_HASH_LENGTH);
      }),
    );
  });

  it('[VER-9] differs when any part of a version does, but its vector', () => {
    const clock = { time: 3, actor: B, seq: 2 };
    const envelopes: readonly Envelope[] = [
      plain,
      { ...plain, time: 8 },
      { ...plain, time: 7 + 2 ** 33 },
      { ...plain, deleted: true },
      { ...plain, clocks: [{ field: 'a', ...clock }] },
      { ...plain, clocks: [{ field: 'b', ...clock }] },
      { ...plain, clocks: [{ field: 'a', ...clock, seq: 3 }] },
      { ...plain, floor: clock },
      { ...plain, floor: { ...clock, time: 4 } },
    ];
    const bodies = [{}, { a: 1 }, { b: 1 }, { a: '1' }, { a: 1, b: 2 }, { a: { b: 1 } }, { a: [1] }];
    const hashes = [...envelopes.map((envelope) => hashOf({ a: 2 }, envelope)), ...bodies.map((body) => hashOf(body))];
    expect(new Set(hashes).size).toBe(hashes.length);
    // A write that goes on under another name is the same content.
    expect(hashOf({ a: 2 }, { ...plain, actor: B, seq: 9, past: [{ actor: A, seq: 1 }] })).toBe(hashOf({ a: 2 }));
  });

  it('[VER-9] of a tombstone does not look at what one merge mode keeps and the other does not', () => {
    const deleted = { ...plain, deleted: true };
    expect(hashOf({ a: 1 }, deleted)).toBe(contentHash(deleted, NO_FIELDS));
  });

  it('[VER-9] covers the text where that is no JSON object', () => {
    const hashes = ['no JSON', 'no JSON ', '[]', 'null'].map((text) => opaqueContentHash(plain, text));
    expect(new Set([...hashes, contentHash(plain, NO_FIELDS)]).size).toBe(5);
  });

  it('[VER-9] is made of hashes without a key, also where those that are stored have one', () => {
    const body = { a: 1, b: 'x' };
    const own = keyed.hash(body);
    expect(own.hashes).not.toBe(hasher.hash(body).hashes);
    expect(keyed.plain(own, body)).toStrictEqual(hasher.hash(body));
    const fields = hasher.hash(body);
    expect(hasher.plain(fields, body)).toBe(fields);
  });

  it('[VER-9] has these values for ever', () => {
    expect(contentHash(plain, NO_FIELDS)).toBe('jrZUKtjFtKg');
    expect(
      contentHash(
        { ...plain, past: [{ actor: B, seq: 2 ** 40 }], floor: { time: 1, actor: B, seq: 1 } },
        {
          names: ['a', 'é'],
          hashes: 'abcdefghijkABCDEFGHIJK',
        },
      ),
    ).toBe('HS3b9rfeLp8');
    expect(opaqueContentHash(plain, 'no JSON 🌍')).toBe('VDzDwnLrxrk');
  });

  it('[VER-11] differs for a million versions that are much alike', () => {
    const half = THOROUGH ? 500_000 : 100_000;
    const seen = new Set<string>();
    for (let i = 0; i < half; i++) {
      seen.add(contentHash({ ...plain, time: i }, NO_FIELDS));
      seen.add(contentHash(plain, { names: ['a'], hashes: String(i).padStart(11, 'A') }));
    }
    expect(seen.size).toBe(2 * half);
  });

  it('is kept in a head', () => {
    const floor = { time: 1, actor: B, seq: 1 };
    expect(headOf(plain, 'x')).toStrictEqual({ ...plain, hash: 'x' });
    expect(headOf({ ...plain, floor }, 'x')).toStrictEqual({ ...plain, hash: 'x', floor });
  });
});
