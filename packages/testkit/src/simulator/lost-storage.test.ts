import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { describe, expect, it } from 'vitest';
import { createDevice } from './device.ts';
import { type HandlerName, policyOf } from './handlers.ts';
import { createSimNetwork } from './network.ts';
import { createRandom } from './random.ts';
import { createVirtualTime } from './virtual-time.ts';

interface StoredState {
  readonly documents: Map<string, unknown>;
  readonly byIndex: Record<string, { docsWithIndex: readonly (readonly [string, unknown, string])[] }>;
}

/** The storages of `getRxStorageMemory` in one process share these; only a rotten disk takes a document like this. */
function loseDocument(database: string, id: string): void {
  const { collectionStates } = getRxStorageMemory() as unknown as { collectionStates: Map<string, StoredState> };
  const state = [...collectionStates].find(([key]) => key.includes(database) && key.includes('items'))?.[1];
  expect(state?.documents.delete(id)).toBe(true);
  for (const index of Object.values(state?.byIndex ?? {}))
    index.docsWithIndex = index.docsWithIndex.filter(([, , documentId]) => documentId !== id);
}

async function twoDevices(handler: HandlerName = 'fields') {
  const random = createRandom(7);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 5 });
  const open = (name: string) =>
    createDevice({
      ...{ network, time, random, name, clockOffsetMs: 0 },
      storage: getRxStorageMemory() as never,
      merge: (onProblem) => policyOf(handler, onProblem, time),
    });
  return { a: await open('lost-a'), b: await open('lost-b'), network, run: (ms: number) => time.run(ms) };
}

describe('documents that storage has lost without a delete', () => {
  it('are reported and fetched again, while connected and with writes going on', async () => {
    const { a, b, run } = await twoDevices();
    for (let i = 0; i < 5; i++) await a.write(`d${i}`, () => ({ id: `d${i}`, text: `text ${i}` }));
    await run(5_000);
    expect((await b.documents()).size).toBe(5);
    loseDocument('lost-b', 'd1');
    await b.replica.compareAll();
    expect(b.problems.map(({ code }) => code)).toEqual(['STORAGE_LOST']);
    await a.write('new', () => ({ id: 'new', text: 'written meanwhile' }));
    await run(10_000);
    expect([...(await b.documents()).keys()].sort()).toEqual(['d0', 'd1', 'd2', 'd3', 'd4', 'new']);
    expect([...b.replica.vector]).toEqual([...a.replica.vector]);
    await a.erase();
    await b.erase();
  });

  it('that only this device had written get a new incarnation, so that no dot is used twice', async () => {
    const { a, b, run } = await twoDevices();
    await a.write('mine', () => ({ id: 'mine', text: 'first' }));
    await run(5_000);
    const before = a.replica.actor;
    loseDocument('lost-a', 'mine');
    await a.replica.compareAll();
    expect(a.replica.actor).not.toBe(before);
    await run(5_000);
    expect((await a.documents()).get('mine')).toMatchObject({ text: 'first' });
    expect(await a.documents()).toEqual(await b.documents());
    await a.erase();
    await b.erase();
  });

  it('take with them no write that nobody else has yet: it goes on under the new incarnation', async () => {
    const { a, b, run } = await twoDevices();
    await a.write('lost', () => ({ id: 'lost', text: 'first' }));
    await run(5_000);
    loseDocument('lost-a', 'lost');
    await a.write('kept', () => ({ id: 'kept', text: 'of ours alone' }));
    await a.replica.compareAll();
    await run(5_000);
    expect((await b.documents()).get('kept')).toMatchObject({ text: 'of ours alone' });
    expect(await a.documents()).toEqual(await b.documents());
    expect(new Map(b.replica.vector)).toEqual(new Map(a.replica.vector));
    await a.erase();
    await b.erase();
  });

  it('[REP-9] whose contents the journal has, are shown again', async () => {
    const { a, b, network, run } = await twoDevices();
    network.cut('lost-a', 'lost-b');
    await a.write('both', () => ({ id: 'both', text: 'of a' }));
    await b.write('both', () => ({ id: 'both', text: 'of b' }));
    network.heal();
    await run(5_000);
    network.cut('lost-a', 'lost-b');
    expect((await a.documents()).size).toBe(1);
    loseDocument('lost-a', 'both');
    await a.replica.compareAll();
    expect(await a.documents()).toEqual(await b.documents());
    expect(a.problems).toEqual([]);
    await a.erase();
    await b.erase();
  });

  it('are not those that a handler has deleted, though one of the versions lives, and that were purged', async () => {
    const { a, b, network, run } = await twoDevices('last-write');
    await a.write('both', () => ({ id: 'both', text: 'first' }));
    await run(5_000);
    network.cut('lost-a', 'lost-b');
    await b.write('both', (before) => ({ id: 'both', ...before, text: 'of b' }));
    await run(100);
    await a.write('both', () => undefined);
    network.heal();
    await run(5_000);
    expect((await a.documents()).size).toBe(0);
    loseDocument('lost-a', 'both');
    await a.replica.compareAll();
    expect([a, b].map(({ journal }) => journal.records.get('both')?.heads.length)).toEqual([2, 2]);
    expect(a.problems).toEqual([]);
    await a.erase();
    await b.erase();
  });
});
