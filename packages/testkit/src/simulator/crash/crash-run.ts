/** Runs a scenario, lets the victim's process die at one of its writes, starts the next one, and checks what is left. */
import { canonicalJson } from '@rxdb-p2p/protocol';
import type { StorageWrite } from '../process.ts';
import { checkAlone, checkExpected, checkReread, checkSettled, type EditBeside } from './crash-checks.ts';
import { type CrashOutcome, type CrashPoint, type CrashScenario, DEFAULT_PLACES } from './crash-scenario.ts';
import { type CrashWorld, createCrashWorld, type StorageKind } from './crash-world.ts';

/** Virtual time in which everybody meets, pulls and answers; milliseconds. */
const SETTLE_MS = 3_000;

/** @param point undefined: nobody dies */
export async function runCrash(
  scenario: CrashScenario,
  point: CrashPoint | undefined,
  storageKind: StorageKind,
): Promise<CrashOutcome> {
  const {
    places = DEFAULT_PLACES,
    handler = 'fields',
    journalLimits,
    losesStorage = false,
    renames = false,
  } = scenario;
  const limits = journalLimits === undefined ? {} : { journalLimits };
  const comparesAll = scenario.needsComparison === true || losesStorage || storageKind === 'late events';
  const world = createCrashWorld({
    seed: 1,
    places,
    handler,
    storageKind,
    comparesAll,
    losesStorage,
    renames,
    ...limits,
  });
  try {
    return await liveAndDie(world, scenario, point);
  } finally {
    world.close();
  }
}

async function liveAndDie(
  world: CrashWorld,
  scenario: CrashScenario,
  point: CrashPoint | undefined,
): Promise<CrashOutcome> {
  const failures: string[] = [];
  await prepare(world, scenario);
  const writes = await runUntilDeath(world, scenario, point);
  if (point !== undefined && world.processAt('victim').alive) failures.push('the process did not die');
  const beside = point?.editBeside === true ? await editBeside(world) : undefined;
  if (point?.again !== undefined) {
    await startAgain(world, scenario, point.again);
    if (world.processAt('victim').alive) failures.push('the process after it did not die');
  }
  if (point !== undefined) failures.push(...(await startAgain(world, scenario)));
  world.network.heal();
  await world.pass(SETTLE_MS);
  const recoveryWrites = world.processAt('victim').writes.slice();

  failures.push(...(await checkSettled(world, scenario)));
  failures.push(...(await checkExpected(world, scenario, beside)));
  failures.push(...(await goOn(world)));
  failures.push(...(await checkSettled(world, scenario)));
  failures.push(...world.failures, ...world.log.violations, ...world.log.missing(world.open()));
  for (const device of world.open()) failures.push(...checkReread(device, await world.answer(device.reread())));
  return { failures, writes, recoveryWrites };
}

async function prepare(world: CrashWorld, { places = DEFAULT_PLACES, ...scenario }: CrashScenario): Promise<void> {
  for (const place of places) if (place !== 'victim' || scenario.opensInRun !== true) world.openAt(place);
  await world.pass(SETTLE_MS);
  await scenario.prepare?.(world);
  await world.pass(SETTLE_MS);
}

/** @returns the victim's writes, up to the one that it died of */
async function runUntilDeath(
  world: CrashWorld,
  scenario: CrashScenario,
  point: CrashPoint | undefined,
): Promise<readonly StorageWrite[]> {
  const victim = world.processAt('victim');
  const before = victim.writes.length;
  if (point !== undefined) victim.dieAt(point.write, point.mode);
  await scenario.run(world);
  await world.pass(SETTLE_MS);
  return victim.writes.slice(before);
}

/** Somebody edits document `a` of the dead victim. */
async function editBeside(world: CrashWorld): Promise<EditBeside> {
  let wasShown = false;
  await world.writeBeside('victim', 'a', (document) => {
    wasShown = document !== undefined;
    return { ...(document ?? { id: 'a' }), count: 777 };
  });
  return { wasShown, count: 777 };
}

/** Starts the victim's next process: alone at first, then with the others. @returns what was wrong while it was alone */
async function startAgain(
  world: CrashWorld,
  { places = DEFAULT_PLACES }: CrashScenario,
  death?: Pick<CrashPoint, 'write' | 'mode'>,
): Promise<string[]> {
  const process = world.newProcess('victim');
  if (death !== undefined) process.dieAt(death.write, death.mode);
  for (const place of places) world.network.cut('victim', place);
  world.openAt('victim');
  await world.pass(SETTLE_MS);
  const failures = await checkAlone(world);
  world.network.heal();
  await world.pass(SETTLE_MS);
  return failures;
}

/** What people do next still works, everywhere. */
async function goOn(world: CrashWorld): Promise<string[]> {
  if (world.deviceAt('victim') === undefined) return ['the victim is not open'];
  world.write('victim', 'a', (before) => ({ ...before, id: 'a', text: 'later' }));
  world.write('victim', 'from-victim', () => ({ id: 'from-victim', text: '1' }));
  world.write('witness', 'from-witness', () => ({ id: 'from-witness', text: '1' }));
  await world.pass(SETTLE_MS);
  world.write('witness', 'from-victim', (before) => ({ ...before, id: 'from-victim', count: 2 }));
  world.write('victim', 'from-witness', () => undefined);
  await world.pass(SETTLE_MS);
  const shown = await world.answer(world.userAt('witness').documents());
  const failures: string[] = [];
  if (shown.get('a')?.['text'] !== 'later') failures.push('the next edit of a is lost');
  if (canonicalJson(shown.get('from-victim')) !== '{"count":2,"id":"from-victim","text":"1"}')
    failures.push(`the next insert has become ${canonicalJson(shown.get('from-victim'))}`);
  if (shown.has('from-witness')) failures.push('the next delete is lost');
  return failures;
}
