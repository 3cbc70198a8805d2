import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versions } from '../testing/session.ts';
import { delayOf, initialBudget, MESSAGE_WORK, spend, spendOn, WORK_BURST, WORK_PER_SECOND } from './budget.ts';
import type { Frame } from './frames.ts';

const PING: Frame = { type: 'ping', token: 0 };
const have = (entries: number): Frame => ({
  ...{ type: 'have', channel: 1, hash: new Uint8Array(16), form: 'changes', pushedBytes: 0 },
  entries: new Map(Array.from({ length: entries }, (_, i) => [String(i).padStart(16, '0'), 1])),
});

describe('the budget of a peer', () => {
  it('[CONN-20] lets a burst through, then as much as a second earns', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(500), fc.nat(200_000)), { maxLength: 200 }), (events) => {
        let budget = initialBudget(0);
        let now = 0;
        let done = 0;
        for (const [ms, work] of events) {
          now += ms;
          if (delayOf(budget, now) > 0) continue;
          budget = spend(budget, work, now);
          done += work;
        }
        expect(done).toBeLessThanOrEqual(WORK_BURST + (now / 1_000) * WORK_PER_SECOND + 200_000);
      }),
    );
  });

  it('[CONN-20] says how long to wait, and is right', () => {
    const owed = spend(initialBudget(0), WORK_BURST + WORK_PER_SECOND / 2, 0);
    expect(delayOf(owed, 0)).toBe(500);
    expect(delayOf(owed, 200)).toBe(300);
    expect(delayOf(owed, 500)).toBe(0);
  });

  it('[CONN-20] grows no larger than a burst, and a clock that goes back earns nothing', () => {
    expect(spend(initialBudget(0), 0, 1e9).left).toBe(WORK_BURST);
    const spent = spend(initialBudget(1_000), WORK_BURST, 1_000);
    expect(spend(spent, 0, 500).left).toBe(0);
    expect(spend(spend(spent, 0, 500), 0, 1_000).left).toBe(0);
  });

  const cost = (frame: Frame, before: readonly Frame[] = []): number => {
    let budget = initialBudget(0);
    for (const earlier of before) budget = spendOn(budget, earlier, 0);
    return budget.left - spendOn(budget, frame, 0).left;
  };

  it('[CONN-20] a HAVE costs what it makes us hash: all that the peer has ever listed', () => {
    expect(cost(have(0))).toBe(cost(PING));
    expect(cost(have(1_000))).toBeGreaterThan(60_000);
    expect(cost(have(1), [have(1_000)])).toBe(cost(have(1_000)));
  });

  it('[CONN-20] versions cost nothing, since credit bounds them; frames that could hold some and hold none do', () => {
    const entries: Frame = {
      type: 'entries',
      channel: 1,
      want: 1,
      versions: [],
      cursor: null,
      claim: null,
      remaining: 0,
    };
    expect(cost({ ...entries, versions: versions('b', 1) })).toBe(0);
    expect(cost(entries)).toBe(cost(PING));
  });

  it('[CONN-20] an honest peer stays far below it', () => {
    // 100 announcements a second by each of 20 collections that 50 devices write, in messages of their own.
    expect(100 * 20 * (cost(have(1)) + MESSAGE_WORK)).toBeLessThan(3 * WORK_PER_SECOND);
    expect(50 * (cost(have(50)) + MESSAGE_WORK)).toBeLessThan(WORK_PER_SECOND / 10);
    const open: Frame = {
      ...{
        type: 'open',
        channel: 1,
        proof: new Uint8Array(32),
        collection: '',
        schemaVersion: 0,
        schemaHash: '',
        mergeMode: 'fields',
      },
      ...{ sends: true, receives: true },
    };
    const want: Frame = { type: 'want', channel: 1, want: 1, vector: new Map(), cursor: null, credit: 1 };
    expect(10 * (cost(open) + cost(have(10)) + cost(want))).toBeLessThan(WORK_BURST);
  });
});
