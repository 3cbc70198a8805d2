import { describe, expect, it } from 'vitest';
import { runScenario } from './convergence.ts';
import type { HandlerName } from './handlers.ts';

const SEEDS = Number(process.env['SIM_SEEDS'] ?? 50);
const HANDLERS: readonly HandlerName[] = ['fields', 'last-write', 'non-associative'];

describe.each([2, 3, 5, 8])('%i replicas that edit the same documents at once', (replicas) => {
  it.each(HANDLERS)(
    'converge and fall silent with the handler %s',
    async (handler) => {
      const failed: string[] = [];
      for (let seed = 1; seed <= SEEDS; seed++) {
        const { failures } = await runScenario({ seed, replicas, handler, operations: 40 });
        for (const failure of failures) failed.push(`seed ${seed}: ${failure}`);
      }
      expect(failed).toEqual([]);
    },
    600_000,
  );
});
