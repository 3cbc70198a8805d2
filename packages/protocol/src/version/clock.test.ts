import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, compareClocks, isTimestamp, MAX_TIMESTAMP, NO_CLOCK, nextTimestamp } from './clock.ts';
import { isActor, isSeq } from './dot.ts';

const timestamp = fc.integer({ min: 0, max: MAX_TIMESTAMP - 1 });
const wallMs = fc.double({ min: -1e6, max: 4e13, noNaN: true });
const clock: fc.Arbitrary<Clock> = fc
  .tuple(
    fc.nat(3),
    fc.constantFrom('AAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAAB', 'aAAAAAAAAAAAAAAA', '_AAAAAAAAAAAAAAA'),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([time, actor, seq]) => ({ time, actor, seq }));

describe('timestamps', () => {
  it('[VER-5] rise above everything seen and above the wall clock, wherever that stands', () => {
    fc.assert(
      fc.property(wallMs, fc.array(timestamp), (wall, seen) => {
        const time = nextTimestamp(wall, seen);
        expect(isTimestamp(time)).toBe(true);
        for (const other of seen) expect(time).toBeGreaterThan(other);
        if (wall >= 0) expect(time).toBeGreaterThan(Math.round(wall * 100));
      }),
    );
  });

  it('[VER-5] are one tick after the latest, in hundredths of a millisecond', () => {
    expect(nextTimestamp(1_700_000_000_000.25, [])).toBe(170_000_000_000_026);
    expect(nextTimestamp(0, [41])).toBe(42);
    expect(nextTimestamp(-5, [])).toBe(1);
  });

  it('[VER-5] end at 2^52', () => {
    expect(nextTimestamp(0, [MAX_TIMESTAMP])).toBe(MAX_TIMESTAMP);
    expect(nextTimestamp(Number.MAX_VALUE, [])).toBe(MAX_TIMESTAMP);
    for (const wrong of [MAX_TIMESTAMP + 1, -1, 0.5, Number.NaN, '1', null]) expect(isTimestamp(wrong)).toBe(false);
  });
});

describe('clocks', () => {
  it('[VER-6] are in one order: time, actor by code units, seq', () => {
    fc.assert(
      fc.property(clock, clock, clock, (a, b, c) => {
        expect(Math.sign(compareClocks(a, b))).toBe(-Math.sign(compareClocks(b, a)) + 0);
        if (compareClocks(a, b) <= 0 && compareClocks(b, c) <= 0) expect(compareClocks(a, c)).toBeLessThanOrEqual(0);
        if (compareClocks(a, b) === 0) expect(a).toStrictEqual(b);
        expect(compareClocks(NO_CLOCK, a)).toBeLessThan(0);
      }),
    );
    const at = (time: number, actor: string, seq: number): Clock => ({ time, actor, seq });
    const order = [at(1, 'B', 1), at(1, '_', 1), at(1, 'b', 1), at(1, 'b', 2), at(2, 'A', 1)];
    expect([...order].reverse().sort(compareClocks)).toStrictEqual(order);
  });
});

describe('names', () => {
  it('[VER-1] an actor is 16 characters of base64url', () => {
    expect(['__defineGetter__', 'AZaz09-_AZaz09-_'].every(isActor)).toBe(true);
    for (const wrong of ['', 'A'.repeat(15), 'A'.repeat(17), `${'A'.repeat(15)}=`, `${'A'.repeat(16)}\n`, 16])
      expect(isActor(wrong)).toBe(false);
  });

  it('[VER-2] a seq is an integer from 1 to 2^53 − 1', () => {
    expect([1, Number.MAX_SAFE_INTEGER].every(isSeq)).toBe(true);
    for (const wrong of [0, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, '1']) expect(isSeq(wrong)).toBe(false);
  });
});
