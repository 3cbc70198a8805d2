import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesEqual,
  countMissing,
  covers,
  dominates,
  EMPTY_VECTOR,
  hashVector,
  joinVectors,
  sameVector,
  sortedEntries,
  type Vector,
} from './vector.ts';

const actor = fc.constantFrom('__defineGetter__', 'AAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBB', 'aaaaaaaaaaaaaaaa');
const vector: fc.Arbitrary<Vector> = fc
  .uniqueArray(fc.tuple(actor, fc.integer({ min: 1, max: 4 })), { selector: ([name]) => name })
  .map((entries) => new Map(entries));

describe('collection vectors', () => {
  it('[VER-7] a join covers what either covers, and nothing else', () => {
    fc.assert(
      fc.property(vector, vector, actor, fc.integer({ min: 1, max: 5 }), (a, b, name, seq) => {
        const joined = joinVectors(a, b);
        const dot = { actor: name, seq };
        expect(covers(joined, dot)).toBe(covers(a, dot) || covers(b, dot));
        expect(dominates(joined, a) && dominates(joined, b)).toBe(true);
      }),
    );
  });

  it('[VER-7] joins are commutative, associative and idempotent, and leave their arguments alone', () => {
    fc.assert(
      fc.property(vector, vector, vector, (a, b, c) => {
        const before = sortedEntries(a);
        expect(sameVector(joinVectors(a, b), joinVectors(b, a))).toBe(true);
        expect(sameVector(joinVectors(joinVectors(a, b), c), joinVectors(a, joinVectors(b, c)))).toBe(true);
        expect(joinVectors(a, a)).toBe(a);
        expect(sortedEntries(a)).toStrictEqual(before);
      }),
    );
  });

  it('[VER-7] one covers the other exactly when it lacks nothing of it', () => {
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        expect(dominates(a, b)).toBe(countMissing(b, a) === 0);
        expect(sameVector(a, b)).toBe(dominates(a, b) && dominates(b, a));
      }),
    );
    expect(countMissing(new Map([['AAAAAAAAAAAAAAAA', 5]]), EMPTY_VECTOR)).toBe(5);
  });

  it('[VER-8] equal vectors, and only those, have equal hashes, in whatever order they were filled', () => {
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        expect(bytesEqual(hashVector(a), hashVector(b))).toBe(sameVector(a, b));
        expect(hashVector(new Map([...a].reverse()))).toStrictEqual(hashVector(a));
      }),
    );
  });

  it('[VER-8] the hash is the first 16 bytes of SHA-256 of the sorted entries, a line each', () => {
    const text = 'AAAAAAAAAAAAAAAA12\n__defineGetter__3\naaaaaaaaaaaaaaaa1\n';
    const entries = [
      ['aaaaaaaaaaaaaaaa', 1] as const,
      ['__defineGetter__', 3] as const,
      ['AAAAAAAAAAAAAAAA', 12] as const,
    ];
    const expected = createHash('sha256').update(text).digest().subarray(0, 16);
    expect(Buffer.from(hashVector(new Map(entries)))).toStrictEqual(expected);
  });
});
