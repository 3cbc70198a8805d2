import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_FIELD_CLOCKS, MAX_FIELD_NAME_BYTES } from '../limits.ts';
import { actorName, clocksOf, randomHistory, writeOn } from '../testing/history.ts';
import { createRandom } from '../testing/random.ts';
import { compareClocks, MAX_TIMESTAMP } from '../version/clock.ts';
import { compareStrings } from '../version/dot.ts';
import { clockOf, type Head, supersedes, vectorEntry } from '../version/head.ts';
import { encodeFrame } from '../wire/frames.ts';
import { type Body, createFieldHasher } from './field-hashes.ts';
import { mergeFields, type Shown } from './fields-merge.ts';
import { localHead } from './local-head.ts';

const A = actorName(1);
const B = actorName(2);
const C = actorName(3);
const hasher = createFieldHasher();

interface Writing {
  readonly wallMs?: number;
  readonly deleted?: boolean;
  readonly seen?: readonly Head[];
}

/** A write by `actor` on top of `bases`, at the wall clock's `wallMs`. */
function write(actor: string, seq: number, body: Body, bases: readonly Shown[] = [], writing: Writing = {}): Shown {
  const { wallMs = seq, deleted = false, seen = [] } = writing;
  const on = bases.map((base) => ({ head: base.head, fields: hasher.hash(base.body) }));
  return { head: localHead({ actor, seq, wallMs, deleted, fields: hasher.hash(body) }, on, seen), body };
}

const clock = (shown: Shown, field: string) => {
  const { time, actor, seq } = clockOf(shown.head, field, Object.hasOwn(shown.body, field));
  return { time, actor, seq };
};
const own = ({ head: { time, actor, seq } }: Shown) => ({ time, actor, seq });

describe('a local write', () => {
  it('[VER-3] supersedes what its author had superseded in a version that his storage has lost', () => {
    const a = write(A, 1, { x: 1 });
    const lost = write(B, 1, { x: 2 }, [a], { deleted: true });
    const other = write(C, 4, { x: 3 });
    const next = write(B, 2, { x: 4 }, [], { seen: [lost.head, other.head] });
    expect(next.head.past).toEqual([{ actor: A, seq: 1 }]);
  });

  it('[VER-3] supersedes what his earlier version had, also where only one that he has not seen tells of it', () => {
    const a = write(A, 1, { x: 1 });
    const before = write(B, 1, { x: 2 }, [a]);
    const [first, unseen] = [write(C, 1, { x: 3 }, [before]), write(C, 4, { x: 3 }, [before])];
    const next = write(B, 2, { x: 4 }, [], { seen: [unseen.head] });
    expect(next.head.past).toEqual([
      { actor: A, seq: 1 },
      { actor: C, seq: 3 },
    ]);
    expect([a, before, first, unseen].map(({ head }) => supersedes(next.head, head))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(write(B, 2, { x: 4 }, [], { seen: [first.head] }).head.past).toEqual([{ actor: A, seq: 1 }]);
  });

  it('[VER-3] supersedes all that it was made on', () => {
    const a = write(A, 1, { x: 1 });
    const b = write(B, 7, { x: 2 });
    const { head } = write(C, 3, { x: 3 }, [a, b]);
    expect(head.past).toStrictEqual([
      { actor: A, seq: 1 },
      { actor: B, seq: 7 },
    ]);
    expect(vectorEntry(head, C)).toBe(3);
  });

  it('[VER-3] does not supersede what was known and not seen', () => {
    const unseen = write(B, 7, { x: 2 }, [], { wallMs: 50 });
    const { head } = write(A, 2, { x: 3 }, [], { wallMs: 1, seen: [unseen.head] });
    expect(head.past).toStrictEqual([]);
    expect(head.time).toBe(unseen.head.time + 1);
  });

  it('[MERGE-5] gives its clock to the fields it changed, and the others keep theirs', () => {
    const first = write(A, 1, { x: 1, y: { deep: [1] }, z: 'é' });
    const second = write(B, 1, { x: 2, y: { deep: [1] }, z: 'é' }, [first]);
    expect(['x', 'y', 'z'].map((field) => clock(second, field))).toStrictEqual([own(second), own(first), own(first)]);
    expect(second.head.clocks.map(({ field }) => field)).toStrictEqual(['y', 'z']);
  });

  it('[MERGE-5] a field set to the value of another head than its winner is a new value', () => {
    const loser = write(A, 1, { x: 1 });
    const winner = write(B, 2, { x: 2 });
    const back = write(C, 1, { x: 1 }, [loser, winner]);
    expect(clock(back, 'x')).toStrictEqual(own(back));
    const kept = write(C, 1, { x: 2 }, [loser, winner]);
    expect(clock(kept, 'x')).toStrictEqual(own(winner));
  });

  it('[MERGE-6] a field that is removed keeps a clock, also under later writes', () => {
    const first = write(A, 1, { x: 1, y: 1 });
    const removed = write(A, 2, { y: 1 }, [first]);
    const later = write(A, 3, { y: 2 }, [removed]);
    expect(clock(removed, 'x')).toStrictEqual(own(removed));
    expect(clock(later, 'x')).toStrictEqual(own(removed));
    expect(Object.hasOwn(mergeFields([later, write(B, 1, { x: 1, y: 1, z: 1 }, [first])]).body, 'x')).toBe(false);
    const again = write(A, 4, { x: 1, y: 2 }, [later]);
    expect(clock(again, 'x')).toStrictEqual(own(again));
  });

  it('[MERGE-7] a delete keeps one clock for all fields, and an insert on top of it inherits that as its floor', () => {
    const first = write(A, 1, { x: 1, y: 1 });
    const removed = write(A, 2, { y: 1 }, [first]);
    const tombstone = write(A, 3, {}, [removed], { deleted: true });
    expect(tombstone.head).toMatchObject({ deleted: true, clocks: [] });
    expect(tombstone.head.floor).toBeUndefined();
    const inserted = write(B, 1, { y: 1 }, [tombstone]);
    expect(inserted.head.floor).toStrictEqual(own(tombstone));
    expect(clock(inserted, 'x')).toStrictEqual(own(tombstone));
    expect(clock(inserted, 'y')).toStrictEqual(own(inserted));
    expect(inserted.head.clocks).toStrictEqual([]);
  });

  it('[MERGE-7] the floor stays under later writes; of several the latest counts', () => {
    const tombstone = write(A, 3, {}, [], { deleted: true });
    const other = write(B, 5, {}, [], { deleted: true });
    const inserted = write(B, 6, { x: 1 }, [tombstone]);
    expect(write(A, 7, { x: 2 }, [inserted]).head.floor).toStrictEqual(own(tombstone));
    expect(write(C, 1, { x: 1 }, [tombstone, other]).head.floor).toStrictEqual(own(other));
  });

  it('[MERGE-3] on top of an edit and the delete it beat goes on from the edit', () => {
    const first = write(A, 1, { x: 1, y: 1 });
    const edit = write(A, 2, { x: 2, y: 1 }, [first]);
    const tombstone = write(B, 9, {}, [first], { deleted: true });
    const next = write(C, 1, { x: 2, y: 2 }, [edit, tombstone]);
    expect(clock(next, 'x')).toStrictEqual(own(edit));
    expect(next.head.floor).toBeUndefined();
    expect(next.head.past).toContainEqual({ actor: B, seq: 9 });
  });

  it('[VER-5] is later than all that it stands on, with its clocks and floors, wherever the wall clock stands', () => {
    const late = { time: 900, actor: C, seq: 4 };
    const base = write(A, 1, { x: 1 });
    const on: Shown = {
      ...base,
      head: { ...base.head, clocks: [{ field: 'q', ...late }], floor: { ...late, time: 950 } },
    };
    expect(write(B, 1, { x: 2 }, [on], { wallMs: -1e9 }).head.time).toBe(951);
    expect(write(B, 1, {}, [on], { deleted: true }).head.time).toBe(951);
  });

  it('[VER-5] in any history its time is above that of every clock it inherits', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { writes } = randomHistory(createRandom(seed), { replicas: 3, steps: 20, deletes: true });
        for (const { head, bases } of writes) {
          for (const base of bases)
            for (const inherited of clocksOf(base)) expect(inherited.time).toBeLessThan(head.time);
        }
      }),
    );
  });

  it('[MERGE-4] names clocks in order of their fields, each once, and none that goes without saying', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { writes } = randomHistory(createRandom(seed), { replicas: 3, steps: 20, deletes: true });
        for (const { head, body } of writes) {
          const names = head.clocks.map(({ field }) => field);
          expect(names).toStrictEqual([...new Set(names)].sort(compareStrings));
          const { clocks: _, ...bare } = head;
          for (const named of head.clocks) {
            const unsaid = clockOf({ ...bare, clocks: [] }, named.field, Object.hasOwn(body, named.field));
            expect(compareClocks(named, unsaid)).not.toBe(0);
          }
        }
      }),
    );
  });

  it('[VER-5] at the end of time goes on writing', () => {
    const replica = { name: A, heads: [] as readonly Shown[], seq: 0, skewMs: 0 };
    writeOn(replica, { x: 1 }, false, MAX_TIMESTAMP);
    expect(writeOn(replica, { x: 2 }, false, 0).head.time).toBe(MAX_TIMESTAMP);
    expect(mergeFields(replica.heads).body).toStrictEqual({ x: 2 });
  });

  it('[REP-14] names no clock that a frame does not take', () => {
    const bad = ['half \ud800', 'x'.repeat(MAX_FIELD_NAME_BYTES + 1), 'ü'.repeat(MAX_FIELD_NAME_BYTES / 2 + 1)];
    const names = Array.from({ length: MAX_FIELD_CLOCKS }, (_, i) => `f${i}`);
    const body = Object.fromEntries([...bad, ...names].map((name) => [name, 1]));
    const first = write(A, 1, body, []);
    const { head } = write(B, 1, { ...body, f0: 2 }, [first]);
    expect(head.clocks.length).toBe(MAX_FIELD_CLOCKS - 1);
    const many = write(B, 1, { ...body, more: 1, f0: 2, g0: 1, g1: 1 }, [
      write(A, 1, { ...body, more: 1, g0: 1, g1: 1 }, []),
    ]);
    expect(many.head.clocks.length).toBe(MAX_FIELD_CLOCKS);
    const frame = { type: 'push', channel: 1, actor: B, previous: 0, seq: 1 } as const;
    for (const sent of [head, many.head])
      expect(() => encodeFrame({ ...frame, versions: [{ id: 'a', head: sent, body: '{}' }] })).not.toThrow();
  });
});
