import { afterAll, describe, expect, it } from 'vitest';
import type { StorageWrite } from '../process.ts';
import { THOROUGH } from '../thoroughness.ts';
import { runCrash } from './crash-run.ts';
import type { CrashPoint, CrashScenario } from './crash-scenario.ts';
import { crashScenarios } from './crash-scenarios.ts';
import type { StorageKind } from './crash-world.ts';
import { kindOf, WRITE_KINDS, type WriteKind } from './write-kinds.ts';

type Place = Pick<CrashPoint, 'write' | 'mode'>;

/** A thorough run takes every point in every kind of storage; of those on slow ones a quick run takes one of so many. */
const SHARE_OF_SLOW = 6;
/** Of the points at which the process after a crash dies too, those that are taken: on slow storages, and in a quick run. */
const SHARE_OF_SECOND_DEATHS = { slow: 3, quick: 8 };

const died = { once: 0, twice: 0 };
const diedAt = new Map<WriteKind, number>(WRITE_KINDS.map((kind) => [kind, 0]));

/** Every place in some writes at which a process can die. */
function placesIn(writes: readonly StorageWrite[]): Place[] {
  return writes.flatMap(({ rows }, i) => {
    const modes = rows.length > 1 ? (['before', 'amid', 'after'] as const) : (['before', 'after'] as const);
    return modes.map((mode) => ({ write: i + 1, mode }));
  });
}

/** To die before a write leaves on disk what to die after the one before it leaves; the network has had more time. */
function leavesSomethingNew({ write, mode }: Place): boolean {
  return mode !== 'before' || write === 1;
}

/** Where the first process dies: everywhere, and again with an edit that nobody of ours sees before the next start. */
function firstDeaths(writes: readonly StorageWrite[], storageKind: StorageKind): CrashPoint[] {
  const all = placesIn(writes);
  const distinct = all.filter(leavesSomethingNew);
  const edited = distinct.map((place) => ({ ...place, editBeside: true }));
  if (THOROUGH) return [...all, ...edited];
  // With an edit beside, every second place: a thorough run takes all.
  if (storageKind === 'instant') return [...distinct, ...edited.filter((_, i) => i % 2 === 0)];
  return distinct.filter((_, i) => i % SHARE_OF_SLOW === 0);
}

/** Where the process after it dies too, before it has settled. */
function secondDeaths(first: CrashPoint, recovery: readonly StorageWrite[], storageKind: StorageKind): CrashPoint[] {
  if (!leavesSomethingNew(first) || (!THOROUGH && (storageKind !== 'instant' || first.editBeside === true))) return [];
  const share = !THOROUGH ? SHARE_OF_SECOND_DEATHS.quick : storageKind === 'instant' ? 1 : SHARE_OF_SECOND_DEATHS.slow;
  return placesIn(recovery)
    .filter(({ write, mode }) => mode !== 'before' && (first.write + write) % share === 0)
    .map((again) => ({ ...first, again }));
}

function note(write: StorageWrite | undefined): void {
  if (write !== undefined) diedAt.set(kindOf(write), (diedAt.get(kindOf(write)) ?? 0) + 1);
}

/** @returns what went wrong at the first place where anything did */
async function dieEverywhere(scenario: CrashScenario, storageKind: StorageKind): Promise<readonly string[]> {
  const { writes, failures } = await runCrash(scenario, undefined, storageKind);
  if (writes.length === 0) return ['the victim writes nothing'];
  if (failures.length > 0) return failures;
  for (const first of firstDeaths(writes, storageKind)) {
    const afterFirst = await runCrash(scenario, first, storageKind);
    died.once++;
    note(writes[first.write - 1]);
    if (afterFirst.failures.length > 0) return named(first, afterFirst.failures);
    for (const second of secondDeaths(first, afterFirst.recoveryWrites, storageKind)) {
      const afterSecond = await runCrash(scenario, second, storageKind);
      died.twice++;
      note(afterFirst.recoveryWrites[(second.again?.write ?? 0) - 1]);
      if (afterSecond.failures.length > 0) return named(second, afterSecond.failures);
    }
  }
  return [];
}

function named(point: CrashPoint, failures: readonly string[]): readonly string[] {
  return failures.map((failure) => `${JSON.stringify(point)}: ${failure}`);
}

describe('a process dies at any of its writes, and the next one goes on', () => {
  it.each(crashScenarios)(
    '$name',
    async (scenario) => {
      const slow = crashScenarios.indexOf(scenario) % 2 === 0 ? 'slow' : 'late events';
      const kinds: readonly StorageKind[] = THOROUGH ? ['instant', 'slow', 'late events'] : ['instant', slow];
      for (const kind of kinds) expect(await dieEverywhere(scenario, kind), `storage: ${kind}`).toEqual([]);
    },
    600_000,
  );

  it('each kind of write was one of them', () => {
    expect([...diedAt].filter(([, times]) => times === 0)).toEqual([]);
  });

  afterAll(() => {
    const list = [...diedAt].map(([kind, times]) => `  ${String(times).padStart(5)}  ${kind}`);
    const title = `crash points: ${died.once}, and ${died.twice} of two processes in a row`;
    process.stdout.write(`${[title, ...list].join('\n')}\n`);
  });
});
