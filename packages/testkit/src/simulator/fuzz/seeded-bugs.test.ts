import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { THOROUGH } from '../thoroughness.ts';
import { planOf } from './plan.ts';
import { replacedFunctions } from './replaced-functions.ts';
import { sabotagedPorts } from './sabotaged-ports.ts';
import type { Callable, Replacement, SeededBug } from './seeded-bug.ts';

/** A quick run takes one of so many: each loads the simulator anew. */
const SHARE = THOROUGH ? 1 : 3;

/** Nearly all take fewer than ten. */
const MOST_SEEDS = 300;

const lines: string[] = [];

function pathOf({ module }: Replacement): string {
  return new URL(`../../../../${module}`, import.meta.url).pathname;
}

/** The simulator as it is with one function of ours replaced. */
async function loadRun({ replacement }: SeededBug): Promise<typeof import('./run.ts').runPlan> {
  vi.resetModules();
  if (replacement !== undefined) {
    vi.doMock(pathOf(replacement), async (importOriginal) => {
      const original = await importOriginal<Record<string, Callable>>();
      return { ...original, ...replacement.functions(original) };
    });
  }
  return (await import('./run.ts')).runPlan;
}

describe('the simulator notices', () => {
  it.each([...sabotagedPorts, ...replacedFunctions].filter((_, index) => index % SHARE === 0))(
    '$name',
    async (bug) => {
      const runPlan = await loadRun(bug);
      if (bug.replacement !== undefined) onTestFinished(() => vi.doUnmock(pathOf(bug.replacement as Replacement)));
      for (let seed = 1; seed <= MOST_SEEDS; seed++) {
        const plan = planOf(seed);
        const { failures } = bug.shows?.(plan) === false ? { failures: [] } : await runPlan(plan, bug.sabotage);
        if (failures.length === 0) continue;
        lines.push(`  ${String(seed).padStart(3)}  ${bug.name}: ${failures[0]?.slice(0, 120)}`);
        return;
      }
      expect.fail(`not noticed in ${MOST_SEEDS} seeds`);
    },
    300_000,
  );

  afterAll(() => {
    process.stdout.write(`seeds until each bug was noticed:\n${lines.join('\n')}\n`);
  });
});
