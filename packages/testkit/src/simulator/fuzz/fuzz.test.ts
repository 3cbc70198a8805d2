import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SEEDS as ASKED, THOROUGH } from '../thoroughness.ts';
import { type Plan, planOf } from './plan.ts';
import { runPlan } from './run.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';
import { addOutcome, emptyTally, tellTally } from './tally.ts';

/** `npm test` has a step of its own, which takes 1,000 seeds on all cores; `npm run simulate` as many as it is given. */
const SEEDS = Math.min(50, ASKED);
const PARTS = 10;
const SEEDS_OF_FAILING_HANDLERS = Math.ceil(SEEDS / (THOROUGH ? 5 : 10));

describe('a pool to which everything happens', () => {
  let tally = emptyTally();

  it.each(Array.from({ length: PARTS }, (_, part) => part))(
    'keeps its promises, part %i',
    async (part) => {
      for (let seed = part + 1; seed <= SEEDS; seed += PARTS) {
        const plan = planOf(seed);
        const outcome = await runPlan(plan);
        tally = addOutcome(tally, seed, outcome);
        if (outcome.failures.length > 0) expect.fail(storyOf(await shrink(plan, outcome)));
      }
    },
    600_000,
  );

  it('keeps them though its conflict handler throws, breaks the schema or never answers', async () => {
    for (let seed = 1; seed <= SEEDS_OF_FAILING_HANDLERS; seed++) {
      const plan: Plan = { ...planOf(seed, { operations: 80, devices: 5 }), handler: 'fails-often' };
      const outcome = await runPlan(plan);
      if (outcome.failures.length > 0) expect.fail(storyOf(await shrink(plan, outcome)));
      tally = addOutcome(tally, seed, outcome);
    }
  }, 600_000);

  it('the same seed is the same run, in another process too', async () => {
    const script = fileURLToPath(new URL('../../../dist/simulator/fuzz/simulate.js', import.meta.url));
    const traces = new Set<string>();
    for (const seed of [1, 9]) {
      const { trace } = await runPlan(planOf(seed));
      expect((await runPlan(planOf(seed))).trace).toBe(trace);
      expect(execFileSync(process.execPath, [script, '--seed', String(seed)], { encoding: 'utf8' })).toContain(trace);
      traces.add(trace);
    }
    expect(traces.size).toBe(2);
  }, 120_000);

  afterAll(() => {
    process.stdout.write(`${tellTally(tally)}\n`);
  });
});
