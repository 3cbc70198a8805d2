import type { Vector } from '@rxdb-p2p/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPushRanges, type PushRange, type PushRanges } from './push-ranges.ts';

/** As the replica does it: plan, persist, keep. */
function take(ranges: PushRanges, vector: Vector, range: PushRange | null): Vector {
  const plan = ranges.plan(vector, range);
  ranges.keep(plan.waiting);
  return plan.vector;
}

describe('ranges of pushed writes', () => {
  it('count at once where all earlier writes are there', () => {
    const ranges = createPushRanges();
    const vector = take(ranges, new Map([['a', 3]]), { actor: 'a', previous: 3, seq: 5 });
    expect([...vector]).toEqual([['a', 5]]);
    expect([...take(ranges, vector, { actor: 'b', previous: 0, seq: 2 })]).toEqual([
      ['a', 5],
      ['b', 2],
    ]);
  });

  it('wait for the earlier writes of their author, and for nobody else’s', () => {
    const ranges = createPushRanges();
    const start: Vector = new Map([['b', 9]]);
    const waiting = take(ranges, start, { actor: 'a', previous: 4, seq: 5 });
    expect(waiting).toBe(start);
    const claimed = new Map([...start, ['a', 4]] as const);
    expect([...take(ranges, claimed, null)]).toEqual([
      ['b', 9],
      ['a', 5],
    ]);
  });

  it('are forgotten when a claim has overtaken them, and never lower the vector', () => {
    const ranges = createPushRanges();
    take(ranges, new Map(), { actor: 'a', previous: 4, seq: 5 });
    const vector: Vector = new Map([['a', 8]]);
    expect(ranges.plan(vector, null)).toEqual({ vector, waiting: [] });
    expect(take(ranges, vector, { actor: 'a', previous: 1, seq: 2 })).toBe(vector);
  });

  it('are as they were when the commit that was planned has failed', () => {
    const ranges = createPushRanges();
    take(ranges, new Map(), { actor: 'a', previous: 1, seq: 2 });
    const failed = ranges.plan(new Map(), { actor: 'a', previous: 0, seq: 1 });
    expect([...failed.vector]).toEqual([['a', 2]]);
    const again = ranges.plan(new Map(), { actor: 'a', previous: 0, seq: 1 });
    expect([...again.vector]).toEqual([['a', 2]]);
  });

  it('lead to the same vector in any order, with duplicates, and cover no write that did not come', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });
    const run = fc.tuple(lengths, lengths, fc.infiniteStream(fc.nat()), fc.nat());
    fc.assert(
      fc.property(run, ([ofA, ofB, picks, missing]) => {
        const all = [...chain('a', ofA), ...chain('b', ofB)];
        const lost = all[missing % all.length];
        const pool = [...all, ...all].filter((range) => range !== lost);
        const ranges = createPushRanges();
        let vector: Vector = new Map();
        while (pool.length > 0) {
          const [range] = pool.splice((picks.next().value ?? 0) % pool.length, 1);
          vector = take(ranges, vector, range ?? null);
          if (lost !== undefined && (vector.get(lost.actor) ?? 0) > lost.previous) throw new Error('a hole is covered');
        }
        vector = take(ranges, vector, lost ?? null);
        expect(vector.get('a') ?? 0).toBe(ofA.reduce((sum, length) => sum + length, 0));
        expect(vector.get('b') ?? 0).toBe(ofB.reduce((sum, length) => sum + length, 0));
      }),
    );
  });

  it('are bounded: the oldest are forgotten', () => {
    const ranges = createPushRanges();
    for (let previous = 1; previous <= 1_100; previous++)
      take(ranges, new Map(), { actor: 'a', previous: previous * 2, seq: previous * 2 + 1 });
    const { waiting } = ranges.plan(new Map(), null);
    expect(waiting).toHaveLength(1_024);
    expect(waiting[0]?.previous).toBe((1_100 - 1_024 + 1) * 2);
  });
});

function chain(actor: string, lengths: readonly number[]): PushRange[] {
  let previous = 0;
  return lengths.map((length) => {
    const range = { actor, previous, seq: previous + length };
    previous += length;
    return range;
  });
}
