import { describe, expect, it } from 'vitest';
import { SEEDS } from '../thoroughness.ts';
import { runSteal } from './steal.ts';

describe('a tab that is stopped in a write, loses the lead, and goes on', () => {
  it('loses no write, repeats none, and leaves all devices equal', { timeout: 600_000 }, async () => {
    const failed: string[] = [];
    let [held, noticed] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await runSteal(seed);
      for (const failure of outcome.failures) failed.push(`seed ${seed}: ${failure}`);
      if (outcome.held) held++;
      if (outcome.noticed) noticed++;
    }
    process.stdout.write(`stopped in a write: ${held} of ${SEEDS}; noticed by themselves: ${noticed}\n`);
    expect(failed).toEqual([]);
    expect(held).toBeGreaterThan(SEEDS / 4);
    expect(noticed).toBeGreaterThan(SEEDS / 4);
  });
});
