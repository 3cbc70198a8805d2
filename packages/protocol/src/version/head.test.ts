import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ancestorsOf, type HistoricWrite, randomHistory } from '../testing/history.ts';
import { createRandom } from '../testing/random.ts';
import { NO_CLOCK } from './clock.ts';
import {
  clockOf,
  compareHeads,
  type Head,
  isFork,
  joinPasts,
  NO_FIELD_CLOCKS,
  reduceHeads,
  sameHead,
  supersedes,
  vectorEntry,
} from './head.ts';

const A = 'AAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBB';
const C = 'CCCCCCCCCCCCCCCC';

function head(actor: string, seq: number, past: Head['past'] = [], more: Partial<Head> = {}): Head {
  return { actor, seq, time: seq, past, deleted: false, clocks: NO_FIELD_CLOCKS, hash: '', ...more };
}

/** Versions of one document as replicas make them: what the laws below are true for. */
const versions: fc.Arbitrary<readonly HistoricWrite[]> = fc
  .integer()
  .map((seed) => randomHistory(createRandom(seed), { replicas: 4, steps: 16, deletes: true }).writes);

function dots(heads: readonly { readonly head: Head }[]): string[] {
  return heads.map(({ head: { actor, seq } }) => `${actor}:${seq}`);
}

describe('supersession', () => {
  it('[VER-3] follows from the version vector: what the past covers, and the own dot and all before it', () => {
    const version = head(B, 4, [{ actor: A, seq: 7 }]);
    expect([1, 4].every((seq) => supersedes(version, { actor: B, seq }))).toBe(true);
    expect([1, 7].every((seq) => supersedes(version, { actor: A, seq }))).toBe(true);
    const others = [
      { actor: A, seq: 8 },
      { actor: B, seq: 5 },
      { actor: C, seq: 1 },
    ];
    expect(others.some((dot) => supersedes(version, dot))).toBe(false);
    expect([A, B, C].map((actor) => vectorEntry(version, actor))).toStrictEqual([7, 4, 0]);
  });

  it('[VER-3] a version supersedes exactly what it was made on, directly or not', () => {
    fc.assert(
      fc.property(versions, (writes) => {
        for (const write of writes) {
          const ancestors = new Set(ancestorsOf(write, writes));
          for (const other of writes)
            expect(supersedes(write.head, other.head)).toBe(other === write || ancestors.has(other));
        }
      }),
    );
  });

  it('[VER-3] a past is the union of the vectors it was made on, sorted, without its own actor', () => {
    const bases = [head(C, 2, [{ actor: A, seq: 1 }]), head(B, 5), head(A, 3, [{ actor: B, seq: 9 }])];
    expect(joinPasts(bases, C)).toStrictEqual([
      { actor: A, seq: 3 },
      { actor: B, seq: 9 },
    ]);
    expect(joinPasts([head(A, 3)], A)).toStrictEqual([]);
  });
});

describe('heads', () => {
  it('[VER-4] are what nothing else supersedes, each once, in fold order', () => {
    fc.assert(
      fc.property(versions, (writes) => {
        const heads = reduceHeads([...writes, ...writes]);
        const expected = writes.filter((a) => !writes.some((b) => a !== b && supersedes(b.head, a.head)));
        expect(dots(heads)).toStrictEqual(dots([...expected].sort((a, b) => compareHeads(a.head, b.head))));
      }),
    );
  });

  it('[VER-4] reducing is associative, commutative and idempotent', () => {
    fc.assert(
      fc.property(versions, fc.integer(), (writes, seed) => {
        const random = createRandom(seed);
        const [a, b, c] = [0, 1, 2].map(() => writes.filter(() => random.chance(0.5)));
        if (a === undefined || b === undefined || c === undefined) return;
        const all = dots(reduceHeads([...a, ...b, ...c]));
        expect(dots(reduceHeads([...reduceHeads([...a, ...b]), ...c]))).toStrictEqual(all);
        expect(dots(reduceHeads([...a, ...reduceHeads([...b, ...c])]))).toStrictEqual(all);
        expect(dots(reduceHeads(random.shuffled([...c, ...a, ...b, ...a])))).toStrictEqual(all);
        expect(dots(reduceHeads(reduceHeads(a)))).toStrictEqual(dots(reduceHeads(a)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('the clock of a field', () => {
  const clock = { time: 1, actor: A, seq: 1 };
  const floor = { time: 2, actor: B, seq: 2 };
  const version = head(C, 3, [], { clocks: [{ field: 'named', ...clock }], floor });

  it('[MERGE-4] is the one named, else the own one for a field that is there, else the floor, else none', () => {
    expect(clockOf(version, 'named', true)).toMatchObject(clock);
    expect(clockOf(version, 'named', false)).toMatchObject(clock);
    expect(clockOf(version, 'other', true)).toBe(version);
    expect(clockOf(version, 'other', false)).toBe(floor);
    expect(clockOf(head(C, 3), 'other', false)).toBe(NO_CLOCK);
  });

  it('[MERGE-4] in a tombstone is its own, for all fields', () => {
    const tombstone = head(C, 3, [], { deleted: true });
    expect(clockOf(tombstone, 'any', false)).toBe(tombstone);
  });
});

describe('forks: one dot, two contents', () => {
  const one = { head: head(A, 6, [], { hash: 'one' }) };
  const two = { head: head(A, 6, [], { hash: 'two' }) };
  const above = { head: head(B, 1, [{ actor: A, seq: 6 }]) };

  it('[VER-10] are two versions, in the order of their hashes, until something supersedes their dot', () => {
    expect(reduceHeads([two, one, two])).toStrictEqual([one, two]);
    expect(reduceHeads([one, one])).toStrictEqual([one]);
    expect(reduceHeads([two, above, one])).toStrictEqual([above]);
    expect(isFork(one.head, two.head)).toBe(true);
    expect([isFork(one.head, one.head), isFork(one.head, above.head)]).toStrictEqual([false, false]);
    expect([sameHead(one.head, { ...one.head }), sameHead(one.head, two.head)]).toStrictEqual([true, false]);
  });

  it('[VER-10] one version with two pasts, as after a loss of storage, has the join of both', () => {
    const pasts = [
      [],
      [{ actor: B, seq: 3 }],
      [
        { actor: B, seq: 1 },
        { actor: C, seq: 2 },
      ],
    ];
    const joined = [
      {
        head: head(A, 6, [
          { actor: B, seq: 3 },
          { actor: C, seq: 2 },
        ]),
      },
    ];
    const found = pasts.map((past) => ({ head: head(A, 6, past) }));
    expect(reduceHeads(found)).toStrictEqual(joined);
    expect(reduceHeads([...found].reverse())).toStrictEqual(joined);
    expect(reduceHeads([{ head: head(B, 3) }, ...found, { head: head(C, 3) }])).toHaveLength(2);
  });

  it('[VER-4] versions that supersede each other both stay, and no set of versions loses all', () => {
    const grown = { head: head(A, 6, [{ actor: B, seq: 1 }], { hash: 'two' }) };
    expect(reduceHeads([above, grown])).toStrictEqual([above, grown]);
    const ring = [
      { head: head(A, 1, [{ actor: B, seq: 1 }]) },
      { head: head(B, 1, [{ actor: C, seq: 1 }]) },
      { head: head(C, 1, [{ actor: A, seq: 1 }]) },
    ];
    expect(reduceHeads(ring)).toHaveLength(3);
  });

  it('[VER-4] are found as if each were compared with each', () => {
    const same = (versions: readonly { readonly head: Head }[]): { readonly head: Head }[] => {
      const first = versions.filter(({ head: a }, i) => !versions.some(({ head: b }, j) => j < i && sameHead(a, b)));
      const once = first.map(({ head: a }) => {
        const equal = versions.filter(({ head: b }) => sameHead(a, b)).map(({ head: b }) => b);
        return { head: { ...a, past: joinPasts(equal, a.actor) } };
      });
      const kept = once.filter(({ head: a }) => !once.some(({ head: b }) => supersedes(b, a) && !supersedes(a, b)));
      return (kept.length > 0 ? kept : once).sort((a, b) => compareHeads(a.head, b.head));
    };
    const actor = fc.integer({ min: 0, max: 11 }).map((i) => `actor-${String(i).padStart(10, '0')}`);
    // Any pasts at all, as nobody writes them honestly.
    const hostile = fc
      .tuple(actor, fc.integer({ min: 1, max: 4 }), fc.dictionary(actor, fc.integer({ min: 1, max: 4 })), fc.nat(1))
      .map(([own, seq, dots, hash]) => {
        const past = Object.entries(dots).filter(([name]) => name !== own);
        const sorted = past.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, at]) => ({ actor: name, seq: at }));
        return { head: head(own, seq, sorted, { hash: String(hash) }) };
      });
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 12 }), (given) => {
        expect(reduceHeads(given)).toStrictEqual(same(given));
      }),
    );
  });

  it('[VER-4] thousands of versions of one document take no minutes', () => {
    const name = (i: number): string => `actor-${String(i).padStart(10, '0')}`;
    const past = Array.from({ length: 60 }, (_, i) => ({ actor: name(10_000 + i), seq: 1 }));
    const many = Array.from({ length: 4_000 }, (_, i) => ({ head: head(name(i), 1, past) }));
    const began = performance.now();
    expect(reduceHeads([...many, ...many])).toHaveLength(4_000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('[VER-10] whoever has heard of the same versions of copied replicas has the same heads, in every order', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = createRandom(seed);
        const { writes } = randomHistory(random, { replicas: 4, steps: 20, deletes: true, copies: true });
        const heads = reduceHeads(writes);
        expect(heads.length > 0 || writes.length === 0).toBe(true);
        expect(reduceHeads(random.shuffled(writes))).toStrictEqual(heads);
        expect(reduceHeads(heads)).toStrictEqual(heads);
        // What repair does: each takes all that the other has.
        const [mine, yours] = [reduceHeads(random.shuffled(writes).slice(0, 5)), reduceHeads(writes.slice(0, 8))];
        expect(reduceHeads([...mine, ...yours])).toStrictEqual(reduceHeads([...yours, ...mine]));
      }),
    );
  });
});
