/** RxDB's cleanup plugin beside us. */
import { addRxPlugin, type RxCollectionCreator } from 'rxdb';
import { RxDBCleanupPlugin } from 'rxdb/plugins/cleanup';
import { createMemoryNetwork } from 'rxdb-p2p';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeAll, createTestDevice, type OpenDevice, settled, shown } from './devices.ts';

addRxPlugin(RxDBCleanupPlugin);

const creator: RxCollectionCreator = {
  schema: {
    version: 0,
    type: 'object',
    primaryKey: 'id',
    properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
    required: ['id'],
  },
};
const HOUR_MS = 3_600_000;

afterEach(async () => {
  await closeAll();
  vi.useRealTimers();
});

/** Rows on disk, tombstones too. */
async function rows({ items }: OpenDevice, ids: readonly string[]): Promise<number> {
  return (await items.storageInstance.findDocumentsById([...ids], true)).length;
}

/** RxDB's clock never goes back in a process, so each jump goes further than all before. */
let aheadMs = 0;

/** As RxDB does it by itself, a month later: the deletes are journaled by then. */
async function cleanUpLater({ items }: OpenDevice, minimumDeletedTime: number): Promise<void> {
  vi.useRealTimers();
  aheadMs += 2 * minimumDeletedTime;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + aheadMs });
  await items.cleanup(minimumDeletedTime);
}

describe('RxDB’s cleanup of tombstones', () => {
  it('removes them; who was away does not bring the documents back, and newcomers hear of the deletes', async () => {
    const network = createMemoryNetwork();
    const [one, two, stale] = [createTestDevice(), createTestDevice(), createTestDevice()];
    const [a, b, away] = [
      await one.open(creator, network),
      await two.open(creator, network),
      await stale.open(creator, network),
    ];
    await a.items.bulkInsert(['gone', 'stays', 'again'].map((id) => ({ id, text: id })));
    await settled(a, b, away);
    await away.close();
    for (const id of ['gone', 'again']) await (await a.items.findOne(id).exec())?.remove();
    await settled(a, b);
    for (const device of [a, b]) await cleanUpLater(device, HOUR_MS);
    expect([await rows(a, ['gone', 'again']), await rows(b, ['gone', 'again'])]).toEqual([0, 0]);

    await b.items.insert({ id: 'again', text: 'inserted after the purge' });
    const back = await stale.open(creator, network);
    const fresh = await createTestDevice().open(creator, network);
    await settled(a, b, back, fresh);
    const expected = [
      { id: 'again', text: 'inserted after the purge' },
      { id: 'stays', text: 'stays' },
    ];
    for (const device of [a, b, back, fresh]) expect(await shown(device)).toEqual(expected);
    expect(await rows(fresh, ['gone'])).toBe(0);
    for (const device of [a, b, back, fresh]) {
      expect(await device.pool.conflicts('again')).toEqual([]);
      expect(device.problems).toEqual([]);
    }
  });

  it('an edit that somebody made without having heard of the purged delete brings the document back, as of any delete', async () => {
    const network = createMemoryNetwork();
    const [one, two] = [createTestDevice(), createTestDevice()];
    const [a, b] = [await one.open(creator, network), await two.open(creator, network)];
    await a.items.insert({ id: 'edited', text: 'first' });
    await settled(a, b);
    network.cut(one.name, two.name);
    await (await b.items.findOne('edited').exec())?.patch({ text: 'meanwhile' });
    await (await a.items.findOne('edited').exec())?.remove();
    await cleanUpLater(a, HOUR_MS);
    expect(await rows(a, ['edited'])).toBe(0);
    network.heal();
    await settled(a, b);
    for (const device of [a, b]) expect(await shown(device)).toEqual([{ id: 'edited', text: 'meanwhile' }]);
  });

  it('leaves deletes of this moment, and takes them the next time', async () => {
    const network = createMemoryNetwork();
    const [a, b] = [await createTestDevice().open(creator, network), await createTestDevice().open(creator, network)];
    await a.items.bulkInsert(['x', 'y'].map((id) => ({ id, text: id })));
    await settled(a, b);
    // A delete that lands while the cleanup waits for the journal.
    const cleaning = a.items.cleanup(0);
    await (await a.items.findOne('x').exec())?.remove();
    await cleaning;
    expect(await rows(a, ['x'])).toBe(1);
    await settled(a, b);
    expect(await shown(b)).toEqual([{ id: 'y', text: 'y' }]);
    await cleanUpLater(a, HOUR_MS);
    expect(await rows(a, ['x'])).toBe(0);
    await settled(a, b);
    expect(await shown(a)).toEqual([{ id: 'y', text: 'y' }]);
  });
});
