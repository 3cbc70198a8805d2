import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyWindow, REPLAY_WINDOW, take } from './replay-window.ts';

it('[SEAL-4] takes each counter once, in any order, and none that is more than a window late', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3 * REPLAY_WINDOW), { maxLength: 400 }), (counters) => {
      let window = emptyWindow();
      const taken = new Set<number>();
      let highest = -1;
      for (const counter of counters) {
        const next = take(window, counter);
        const isNew = !taken.has(counter) && counter > highest - REPLAY_WINDOW;
        expect(next !== undefined).toBe(isNew);
        if (next === undefined) continue;
        window = next;
        taken.add(counter);
        highest = Math.max(highest, counter);
        expect(window.seen.size).toBeLessThanOrEqual(REPLAY_WINDOW);
      }
    }),
    { numRuns: 200 },
  );
});
