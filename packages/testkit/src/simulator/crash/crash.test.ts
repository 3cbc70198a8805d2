import { afterAll, describe, expect, it } from 'vitest';
import type { StorageWrite } from '../process.ts';
import { type CrashPoint, type CrashScenario, runCrash } from './crash-run.ts';
import { crashScenarios } from './crash-scenarios.ts';
import type { StorageKind } from './crash-world.ts';

/** Every place in some writes at which a process can die. */
function places(writes: readonly StorageWrite[]): Pick<CrashPoint, 'write' | 'mode'>[] {
  return writes.flatMap(({ rows }, i) => {
    const modes = rows.length > 1 ? (['before', 'amid', 'after'] as const) : (['before', 'after'] as const);
    return modes.map((mode) => ({ write: i + 1, mode }));
  });
}

/**
 * `npm test` asks for 200 seeds, and gets every point in every kind of storage. The fast tests run every point once in
 * a storage that answers at once, and half of the rest.
 */
const THOROUGH = Number(process.env['SIM_SEEDS'] ?? 50) >= 200;

const died = { once: 0, twice: 0 };

async function dieEverywhere(scenario: CrashScenario, storageKind: StorageKind): Promise<string[]> {
  const failed: string[] = [];
  const run = async (point: CrashPoint | undefined) => {
    const outcome = await runCrash(scenario, point, storageKind);
    const where = point === undefined ? 'nobody dies' : JSON.stringify(point);
    for (const failure of outcome.failures) failed.push(`${storageKind}, ${where}: ${failure}`);
    return outcome;
  };
  const { writes } = await run(undefined);
  if (writes.length === 0) failed.push('the victim writes nothing');
  for (const place of places(writes)) {
    for (const editBeside of storageKind === 'instant' || THOROUGH ? [false, true] : [false]) {
      const { recoveryWrites } = await run({ ...place, editBeside });
      died.once++;
      // To die after one write and before the next one leaves the same behind.
      const onceIsEnough = !THOROUGH && (editBeside || storageKind !== 'instant');
      if ((place.mode === 'before' && place.write > 1) || onceIsEnough) continue;
      for (const again of places(recoveryWrites)) {
        if (again.mode === 'before' || (!THOROUGH && (place.write + again.write) % 2 === 1)) continue;
        await run({ ...place, editBeside, again });
        died.twice++;
      }
    }
    if (failed.length > 0) break;
  }
  return failed;
}

describe('a process dies at any of its writes, and the next one goes on', () => {
  it.each(crashScenarios)(
    '$name',
    async (scenario) => {
      const slow = crashScenarios.indexOf(scenario) % 2 === 0 ? 'slow' : 'late events';
      for (const storageKind of THOROUGH ? (['instant', 'slow', 'late events'] as const) : (['instant', slow] as const))
        expect(await dieEverywhere(scenario, storageKind)).toEqual([]);
    },
    600_000,
  );

  afterAll(() => {
    process.stdout.write(`crash points: ${died.once}, and ${died.twice} of two processes in a row\n`);
  });
});
