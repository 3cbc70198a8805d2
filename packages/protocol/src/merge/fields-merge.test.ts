import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actorName, ancestorsOf, type HistoricReplica, randomHistory, shownBy, writeOn } from '../testing/history.ts';
import { createRandom } from '../testing/random.ts';
import { compareClocks } from '../version/clock.ts';
import { clockOf, reduceHeads } from '../version/head.ts';
import type { Body } from './field-hashes.ts';
import { contestOf, mergeFields, type Shown } from './fields-merge.ts';

function replica(i: number, heads: readonly Shown[] = []): HistoricReplica {
  return { name: actorName(i), heads, seq: 0, skewMs: 0 };
}

/** Two replicas that hold the same document. */
function pair(body: Body): readonly [HistoricReplica, HistoricReplica] {
  const a = replica(1);
  writeOn(a, body, false, 1);
  return [a, replica(2, a.heads)];
}

function together(...replicas: HistoricReplica[]): readonly Shown[] {
  return reduceHeads(replicas.flatMap(({ heads }) => heads));
}

describe('the default merge', () => {
  it('[MERGE-2] edits of different fields both survive', () => {
    const [a, b] = pair({ x: 1, y: 1 });
    writeOn(a, { x: 2, y: 1 }, false, 2);
    writeOn(b, { x: 1, y: 3, z: 4 }, false, 3);
    expect(mergeFields(together(a, b))).toStrictEqual({ deleted: false, body: { x: 2, y: 3, z: 4 } });
  });

  it('[MERGE-2] of one field the later value wins, and of equal times the larger actor', () => {
    const [a, b] = pair({ x: 1 });
    writeOn(a, { x: 'a' }, false, 5);
    writeOn(b, { x: 'b' }, false, 4);
    expect(mergeFields(together(a, b)).body).toStrictEqual({ x: 'a' });
    const [c, d] = pair({ x: 1 });
    writeOn(c, { x: 'c' }, false, 5);
    writeOn(d, { x: 'd' }, false, 5);
    expect(mergeFields(together(c, d)).body).toStrictEqual({ x: 'd' });
  });

  it('[MERGE-2] fields are whole: what is nested in them is not merged', () => {
    const [a, b] = pair({ x: { p: 1, q: 1 } });
    writeOn(a, { x: { p: 2, q: 1 } }, false, 2);
    writeOn(b, { x: { p: 1, q: 2 } }, false, 3);
    expect(mergeFields(together(a, b)).body).toStrictEqual({ x: { p: 1, q: 2 } });
  });

  it('[MERGE-3] an edit beats a concurrent delete, however late that came', () => {
    const [a, b] = pair({ x: 1 });
    writeOn(a, { x: 2 }, false, 2);
    writeOn(b, {}, true, 99);
    expect(mergeFields(together(a, b))).toStrictEqual({ deleted: false, body: { x: 2 } });
  });

  it('[MERGE-3] a delete of what was seen deletes', () => {
    const [a, b] = pair({ x: 1 });
    writeOn(b, {}, true, 2);
    expect(mergeFields(together(a, b)).deleted).toBe(true);
    writeOn(a, {}, true, 3);
    expect(mergeFields(together(a, b)).deleted).toBe(true);
  });

  it('[MERGE-6] a later removal of a field beats an earlier edit of it, and the other way round', () => {
    const [a, b] = pair({ x: 1, y: 1 });
    writeOn(a, { x: 2, y: 1 }, false, 2);
    writeOn(b, { y: 1 }, false, 3);
    expect(mergeFields(together(a, b)).body).toStrictEqual({ y: 1 });
    writeOn(a, { x: 4, y: 1 }, false, 9);
    expect(mergeFields(together(a, b)).body).toStrictEqual({ x: 4, y: 1 });
  });

  it('[MERGE-7] a field that an insert after a delete left out stays away', () => {
    const [a, b] = pair({ x: 1, y: 1 });
    writeOn(a, {}, true, 2);
    const c = replica(3, a.heads);
    writeOn(a, { y: 2 }, false, 3);
    writeOn(b, { x: 1, y: 1, z: 1 }, false, 4);
    expect(mergeFields(together(a, b)).body).toStrictEqual({ y: 2, z: 1 });
    writeOn(c, { x: 3 }, false, 5);
    expect(mergeFields(together(a, c)).body).toStrictEqual({ x: 3, y: 2 });
  });

  it('[MERGE-2] a field called __proto__ is a field', () => {
    const proto = JSON.parse('{"__proto__":{"admin":true}}') as Body;
    const [a, b] = pair({ x: 1 });
    writeOn(a, { ...proto, x: 1 }, false, 2);
    writeOn(b, { x: 2 }, false, 3);
    const { body } = mergeFields(together(a, b));
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(body['admin']).toBeUndefined();
  });

  it('needs a version', () => {
    expect(() => mergeFields([])).toThrow(TypeError);
  });

  it('[MERGE-1] depends on the set of heads alone', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = createRandom(seed);
        const { writes } = randomHistory(random, { replicas: 5, steps: 20, deletes: true });
        const heads = reduceHeads(writes);
        const fold = mergeFields(heads);
        for (let i = 0; i < 4; i++) {
          const again = mergeFields(random.shuffled(heads));
          expect(again).toStrictEqual(fold);
          expect(JSON.stringify(again)).toBe(JSON.stringify(fold));
        }
      }),
    );
  });

  it('[MERGE-1] replicas that have heard the same show the same, in whatever order they heard it', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, deletes) => {
        const random = createRandom(seed);
        const { writes, replicas } = randomHistory(random, { replicas: 4, steps: 24, deletes });
        for (const known of replicas)
          for (const write of random.shuffled([...writes, ...writes]))
            known.heads = reduceHeads([...known.heads, write]);
        const [first, ...others] = replicas.map(shownBy);
        for (const other of others) expect(other).toStrictEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  it('[MERGE-8] a value that somebody replaced never comes back, whatever the clocks say', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { writes, replicas } = randomHistory(createRandom(seed), { replicas: 4, steps: 24, deletes: false });
        for (const { heads } of replicas) {
          if (heads.length === 0) continue;
          const { body } = mergeFields(heads);
          const known = new Set(heads.flatMap((head) => [head, ...ancestorsOf(head, writes)].map((v) => v.head)));
          for (const field of ['a', 'b', 'c', '__proto__']) {
            // The writes that gave the field a value or took it away, and are known here: the last of them decides.
            const setters = writes.filter((write) => known.has(write.head) && sets(write, field));
            const [last] = setters.sort((a, b) => compareClocks(clockOfField(b, field), clockOfField(a, field)));
            expect(fieldValue(body, field)).toBe(last === undefined ? 'absent' : fieldValue(last.body, field));
            for (const replaced of last === undefined ? [] : ancestorsOf(last, writes)) {
              if (sets(replaced, field) && Object.hasOwn(replaced.body, field))
                expect(fieldValue(body, field)).not.toBe(fieldValue(replaced.body, field));
            }
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});

function clockOfField({ head, body }: Shown, field: string) {
  return clockOf(head, field, Object.hasOwn(body, field));
}

function fieldValue(body: Body, field: string): unknown {
  return Object.hasOwn(body, field) ? body[field] : 'absent';
}

/** Whether the field has this write's own clock. */
function sets(write: Shown, field: string): boolean {
  const { actor, seq } = clockOfField(write, field);
  return actor === write.head.actor && seq === write.head.seq;
}

describe('a contest', () => {
  it('[MERGE-11] is a field that two concurrent versions gave different values', () => {
    const [a, b] = pair({ x: 1, y: 1, z: 1 });
    writeOn(a, { x: 2, y: 2, z: 1 }, false, 2);
    writeOn(b, { x: 3, y: 2, z: 9 }, false, 3);
    expect(contestOf(together(a, b))).toStrictEqual({ fields: ['x'], editAgainstDelete: false });
  });

  it('[MERGE-11] is a field that one removed and another changed', () => {
    const [a, b] = pair({ x: 1, y: 1 });
    writeOn(a, { y: 1 }, false, 2);
    writeOn(b, { x: 2, y: 1 }, false, 3);
    expect(contestOf(together(a, b))).toStrictEqual({ fields: ['x'], editAgainstDelete: false });
  });

  it('[MERGE-11] is an edit against a delete, which names no fields', () => {
    const [a, b] = pair({ x: 1 });
    writeOn(a, { x: 2 }, false, 2);
    writeOn(b, {}, true, 3);
    expect(contestOf(together(a, b))).toStrictEqual({ fields: [], editAgainstDelete: true });
  });

  it('[MERGE-11] is none where the other had seen it, where both say the same, and with one version', () => {
    const [a, b] = pair({ x: 1, y: 1 });
    expect(contestOf(together(a, b))).toBeUndefined();
    writeOn(a, { x: 2, y: 1 }, false, 2);
    writeOn(b, { x: 1, y: 2 }, false, 3);
    expect(contestOf(together(a, b))).toBeUndefined();
    const [c, d] = pair({ x: 1 });
    writeOn(c, { x: { k: 1, l: 2 } }, false, 2);
    writeOn(d, { x: { l: 2, k: 1 } }, false, 3);
    expect(contestOf(together(c, d))).toBeUndefined();
    expect(contestOf([])).toBeUndefined();
  });

  it('[MERGE-11] ends with a write on top of it', () => {
    const [a, b] = pair({ x: 1 });
    writeOn(a, { x: 2 }, false, 2);
    writeOn(b, { x: 3 }, false, 3);
    a.heads = together(a, b);
    expect(contestOf(a.heads)).toBeDefined();
    writeOn(a, { x: 2 }, false, 4);
    expect(contestOf(together(a, b))).toBeUndefined();
  });

  it('[MERGE-11] among thousands of versions is looked for in the latest, and takes no minutes', () => {
    const many = Array.from({ length: 4_000 }, (_, i): Shown => {
      const own = replica(i + 1);
      writeOn(
        own,
        { x: i, y: 1, ...Object.fromEntries(Array.from({ length: 20 }, (__, n) => [`f${n}`, n])) },
        false,
        i + 1,
      );
      return own.heads[0] as Shown;
    });
    const began = performance.now();
    expect(contestOf(many)).toStrictEqual({ fields: ['x'], editAgainstDelete: false });
    expect(mergeFields(many).body['x']).toBe(3_999);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('[MERGE-11] [VER-10] of a fork is what its two contents differ in, and both sides show the same', () => {
    const [a] = pair({ x: 1, y: 1 });
    // A copy of its storage goes on under its name.
    const copy = { ...a };
    writeOn(a, { x: 2, y: 1 }, false, 2);
    writeOn(copy, { x: 3, y: 1 }, false, 2);
    const both = together(a, copy);
    expect(both).toHaveLength(2);
    expect(contestOf(both)).toStrictEqual({ fields: ['x'], editAgainstDelete: false });
    expect(mergeFields(both)).toStrictEqual(mergeFields([...both].reverse()));
    a.heads = both;
    writeOn(a, { x: 4, y: 1 }, false, 3);
    expect(together(a, copy)).toStrictEqual(a.heads);
  });
});
