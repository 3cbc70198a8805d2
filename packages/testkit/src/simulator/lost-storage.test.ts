import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { createDevice, type Device } from './device.ts';
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

async function twoDevices(): Promise<{ a: Device; b: Device; run: (ms: number) => Promise<void> }> {
  const random = createRandom(7);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 5 });
  const open = (name: string) =>
    createDevice({
      ...{ network, time, random, name, clockOffsetMs: 0 },
      storage: getRxStorageMemory() as never,
      merge: () => createFieldsPolicy(),
    });
  return { a: await open('lost-a'), b: await open('lost-b'), run: (ms) => time.run(ms) };
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
});
