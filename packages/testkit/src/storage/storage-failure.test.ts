/**
 * The storage under a device fails at any of its calls, before, amid or after what was asked, once or for a while; the
 * process lives on. The device pauses with a code, goes on by itself, and nothing is lost, claimed or invented.
 */
import 'fake-indexeddb/auto';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork } from 'rxdb-p2p';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../simulator/random.ts';
import { closeDatabases, isOurs, openItems as open, shown } from './devices.ts';
import { createFaultyStorage, type FaultMode, type FaultyStorage, type StorageCall } from './faulty-storage.ts';

const STORAGES = { memory: getRxStorageMemory, dexie: getRxStorageDexie } as const;
type StorageName = keyof typeof STORAGES;

function faulty(name: StorageName): FaultyStorage {
  return createFaultyStorage(STORAGES[name]() as unknown as Parameters<typeof createFaultyStorage>[0]);
}

afterEach(closeDatabases);

/** Which of the plugin's calls fail, and how. */
interface Breakdown {
  readonly name: string;
  readonly of: (call: StorageCall) => boolean;
  /** @param call from 1 */
  modeOf(call: number): FaultMode | undefined;
}

/**
 * Two devices with concurrent edits, an edit against a delete, deletes and inserts on both sides; then more of each, live.
 *
 * @returns how many of the calls in question there were
 */
async function exercise(storage: FaultyStorage, { of, modeOf }: Omit<Breakdown, 'name'>): Promise<number> {
  const network = createMemoryNetwork();
  const a = await open(getRxStorageMemory(), network, 'a');
  const b = await open(storage.storage, network, 'b');
  let seen = 0;
  /** what the application itself reads meanwhile does not fail: its errors are its own */
  let reading = 0;
  const byApplication = async <T>(work: () => Promise<T>): Promise<T> => {
    reading++;
    try {
      return await work();
    } finally {
      reading--;
    }
  };
  storage.breakDown((call) => {
    if (!of(call) || (reading > 0 && call.kind === 'read' && call.instance === 'items')) return undefined;
    seen++;
    return modeOf(seen);
  });

  await a.bulkInsert(['edited', 'deleted-in-a', 'fought', 'from-a'].map((id) => ({ id, text: 'first', count: 1 })));
  await byApplication(() => b.bulkInsert(['deleted-in-b', 'from-b'].map((id) => ({ id, text: 'first' }))));
  const poolA = await a.syncP2P('family');
  const poolB = await b.syncP2P('family');
  const errors: string[] = [];
  poolB.error$.subscribe(({ code }) => errors.push(code));
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 2; i++) for (const pool of [poolA, poolB]) await pool.inSync();
  };
  await settle();
  expect(await byApplication(() => shown(b))).toHaveLength(6);

  network.cut('a', 'b');
  await (await a.findOne('edited').exec())?.patch({ text: 'by a' });
  await byApplication(async () => (await b.findOne('edited').exec())?.patch({ count: 2 }));
  await (await a.findOne('fought').exec())?.patch({ text: 'kept' });
  await byApplication(async () => (await b.findOne('fought').exec())?.remove());
  await (await a.findOne('deleted-in-a').exec())?.remove();
  await byApplication(async () => (await b.findOne('deleted-in-b').exec())?.remove());
  network.heal();
  await settle();

  const expected = [
    { id: 'edited', text: 'by a', count: 2 },
    { id: 'fought', text: 'kept', count: 1 },
    { id: 'from-a', text: 'first', count: 1 },
    { id: 'from-b', text: 'first' },
  ];
  expect(await shown(a)).toEqual(expected);
  expect(await byApplication(() => shown(b))).toEqual(expected);
  const [statusA, statusB] = [await firstValueFrom(poolA.status$), await firstValueFrom(poolB.status$)];
  expect([statusA.writesWaiting, statusB.writesWaiting]).toEqual([0, 0]);
  expect(statusB.problem).toBeUndefined();
  for (const code of errors) expect(['STORAGE_FULL', 'STORAGE_FAILED']).toContain(code);
  for (const id of ['edited', 'fought'])
    expect(await poolA.conflicts(id)).toHaveLength((await poolB.conflicts(id)).length);

  // A device that knew nothing gets the same from the one whose storage failed.
  await poolA.cancel();
  const c = await open(getRxStorageMemory(), network);
  const poolC = await c.syncP2P('family');
  await poolC.inSync();
  expect(await shown(c)).toEqual(expected);
  for (const { database } of [a, b, c]) await database.close();
  return seen;
}

/** RxDB allows 13 open collections, and a run has three. */
const RUNS_AT_ONCE = 4;

async function exerciseAll(name: StorageName, breakdowns: readonly Breakdown[]): Promise<void> {
  const waiting = [...breakdowns];
  const failures: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const what = `${name}, ${next.name}`;
      await exercise(faulty(name), next).catch((error: unknown) => failures.push(`${what}: ${String(error)}`));
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, work));
  expect(failures).toEqual([]);
}

const MODES: readonly FaultMode[] = ['before', 'amid', 'after'];

/** Every call once, and some of them for as long as it takes to fail at the first attempts to go on, too. */
function breakdowns(seen: number, of: (call: StorageCall) => boolean, every: number): Breakdown[] {
  const places = Array.from({ length: seen }, (_, i) => i + 1).filter((at) => at % every === 0);
  return places.flatMap((at) =>
    MODES.map((mode): Breakdown => {
      const calls = at % 5 === 0 ? 4 : 1;
      const modeOf = (call: number): FaultMode | undefined => (call >= at && call < at + calls ? mode : undefined);
      return { name: `${mode} call ${at}, ${calls} times`, of, modeOf };
    }),
  );
}

/** Calls that fail now and then, until there have been enough failures. */
function random(seed: number): Breakdown {
  const chance = createRandom(seed);
  let left = RANDOM_FAILURES;
  return {
    name: `seed ${seed}`,
    of: isOurs,
    modeOf() {
      if (left === 0 || !chance.chance(0.05)) return undefined;
      left--;
      return chance.pick(MODES);
    },
  };
}

/** The delays between attempts double. */
const RANDOM_FAILURES = 5;

/** `npm test` takes every call, a quick run a part of them. */
const STEP = Number(process.env['SIM_SEEDS'] ?? 0) >= 200 ? 1 : 4;

describe('a storage that fails', () => {
  const writes = (call: StorageCall): boolean => isOurs(call) && call.kind === 'write';
  const reads = (call: StorageCall): boolean => call.kind === 'read' || call.kind === 'open';

  it.each([
    ['memory', 'write', writes, STEP],
    ['memory', 'read', reads, 3 * STEP],
    ['dexie', 'write', writes, 2 * STEP],
  ] as const)('%s: at any %s: pauses, goes on, and loses nothing', { timeout: 300_000 }, async (name, _, of, every) => {
    const seen = await exercise(faulty(name), { of, modeOf: () => undefined });
    expect(seen).toBeGreaterThan(10);
    const all = breakdowns(seen, of, every);
    await exerciseAll(name, all);
  });

  it('at random calls: pauses, goes on, and loses nothing', { timeout: 300_000 }, async () => {
    const seeds = Array.from({ length: STEP === 1 ? 40 : 8 }, (_, i) => i + 1);
    await exerciseAll('memory', seeds.map(random));
  });
});
