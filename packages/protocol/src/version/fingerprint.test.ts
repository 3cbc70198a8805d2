import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomHistory } from '../testing/history.ts';
import { createRandom } from '../testing/random.ts';
import { DIGEST_BYTES, digestOf, EMPTY_PRINT, FINGERPRINT_BYTES, Fingerprint } from './fingerprint.ts';
import { type Head, NO_FIELD_CLOCKS, NO_PAST, reduceHeads } from './head.ts';

const A = 'AAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBB';

function headOf(more: Partial<Head> = {}): { readonly head: Head } {
  const head = {
    actor: A,
    seq: 1,
    time: 1,
    past: NO_PAST,
    deleted: false,
    clocks: NO_FIELD_CLOCKS,
    hash: 'jrZUKtjFtKg',
  };
  return { head: { ...head, ...more } };
}

function printOf(documents: readonly (readonly [id: string, heads: readonly { readonly head: Head }[]])[]): Uint8Array {
  const fingerprint = new Fingerprint();
  for (const [id, heads] of documents) fingerprint.add(id, heads);
  return fingerprint.bytes();
}

describe('a fingerprint', () => {
  it('[VER-12] of the same heads is the same, in whatever order and over whatever others they came', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = createRandom(seed);
        const ids = ['a', 'b', 'c', 'd'];
        const { writes } = randomHistory(random, { replicas: 4, steps: 24, deletes: true, copies: random.chance(0.5) });
        const ways = [1, 2].map(() => {
          const heads = new Map(ids.map((id) => [id, reduceHeads<{ readonly head: Head }>([])]));
          const fingerprint = new Fingerprint();
          for (const write of random.shuffled(writes)) {
            const id = ids[write.head.time % ids.length] ?? 'a';
            const before = heads.get(id) ?? [];
            // All that has come so far, so that both ways end with the same.
            const after = [...before, write];
            fingerprint.remove(id, before);
            fingerprint.add(id, after);
            heads.set(id, after);
          }
          return { fingerprint, heads };
        });
        const [one, two] = ways;
        expect(one?.fingerprint.bytes()).toStrictEqual(two?.fingerprint.bytes());
        expect(one?.fingerprint.bytes()).toStrictEqual(printOf([...(two?.heads ?? [])]));
      }),
    );
    expect(printOf([])).toStrictEqual(EMPTY_PRINT.sum);
  });

  it('[VER-12] differs when a head has another document, author, number or content, and does not for anything else', () => {
    const others = [
      headOf(),
      headOf({ actor: B }),
      headOf({ seq: 2 }),
      headOf({ seq: 2 ** 40 }),
      headOf({ hash: 'x' }),
    ];
    const prints = [...others.map((head) => printOf([['a', [head]]])), printOf([['b', [headOf()]]]), printOf([])];
    expect(new Set(prints.map(String)).size).toBe(prints.length);
    expect(printOf([['a', [headOf({ time: 2 })]]])).toStrictEqual(printOf([['a', [headOf()]]]));
    // Two that change places.
    const crossed = printOf([
      ['a', [headOf({ seq: 2 })]],
      ['b', [headOf({ seq: 1 })]],
    ]);
    expect(crossed).not.toStrictEqual(
      printOf([
        ['a', [headOf({ seq: 1 })]],
        ['b', [headOf({ seq: 2 })]],
      ]),
    );
  });

  it('[VER-12] has these bytes for ever', () => {
    const print = printOf([
      ['milk', [headOf()]],
      ['tea', [headOf({ actor: B, seq: 2 ** 33 })]],
    ]);
    expect(Buffer.from(print).toString('hex')).toBe('3b565b0577623a8c21074a9781afe76a');
    expect(print).toHaveLength(FINGERPRINT_BYTES);
    expect(digestOf('milk', [headOf()])).toStrictEqual(printOf([['milk', [headOf()]]]).subarray(0, DIGEST_BYTES));
  });
});
