import { afterAll, describe, expect, it } from 'vitest';
import type { StorageWrite } from '../process.ts';
import { type CrashPoint, type CrashScenario, runCrash } from './crash-run.ts';
import { crashScenarios } from './crash-scenarios.ts';
import type { StorageKind } from './crash-world.ts';

type Place = Pick<CrashPoint, 'write' | 'mode'>;

/** Every place in some writes at which a process can die. */
function places(writes: readonly StorageWrite[]): Place[] {
  return writes.flatMap(({ rows }, i) => {
    const modes = rows.length > 1 ? (['before', 'amid', 'after'] as const) : (['before', 'after'] as const);
    return modes.map((mode) => ({ write: i + 1, mode }));
  });
}

/** Those that leave different things behind: to die before a write is, on disk, to die after the one before it. */
function distinct(all: readonly Place[]): Place[] {
  return all.filter(({ write, mode }) => mode !== 'before' || write === 1);
}

/** `npm test` asks for 200 seeds, and gets every point in every kind of storage. */
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
  const runTwice = async (point: CrashPoint, recoveryWrites: readonly StorageWrite[]) => {
    for (const again of distinct(places(recoveryWrites))) {
      if (again.mode === 'before' || (!THOROUGH && (point.write + again.write) % 2 === 1)) continue;
      await run({ ...point, again });
      died.twice++;
    }
  };

  const { writes } = await run(undefined);
  if (writes.length === 0) failed.push('the victim writes nothing');
  const all = places(writes);
  const instant = storageKind === 'instant';
  for (const place of THOROUGH || instant ? all : distinct(all)) {
    const { recoveryWrites } = await run(place);
    died.once++;
    if ((THOROUGH || instant) && distinct([place]).length === 1) await runTwice(place, recoveryWrites);
    if (failed.length > 0) return failed;
  }
  for (const place of THOROUGH || instant ? distinct(all) : []) {
    const point = { ...place, editBeside: true };
    const { recoveryWrites } = await run(point);
    died.once++;
    if (THOROUGH) await runTwice(point, recoveryWrites);
    if (failed.length > 0) return failed;
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
