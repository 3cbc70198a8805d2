/** What a person sees of a storage that fails, and what a device does meanwhile. */
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, type PoolStatus } from 'rxdb-p2p';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { closeDatabases, isOurs, itemsOf, openItems, shown, statusWhere } from './devices.ts';
import { createFaultyStorage, type FaultyStorage } from './faulty-storage.ts';

afterEach(closeDatabases);

function faulty(): FaultyStorage {
  return createFaultyStorage(getRxStorageMemory() as unknown as Parameters<typeof createFaultyStorage>[0]);
}

describe('a storage that fails', () => {
  it('[SYNC-9] in the middle of a catch-up lets no later batch count without the one that is not stored', async () => {
    const network = createMemoryNetwork();
    const storage = faulty();
    const [a, b] = [await openItems(getRxStorageMemory(), network), await openItems(storage.storage, network)];
    await a.bulkInsert(itemsOf(800, 1_000));
    let failed = false;
    // The first batch fails when the second, and last, is here already; the journal goes on to work.
    storage.breakDown(({ instance, context, size }) => {
      if (failed || instance !== 'items' || !context.startsWith('rxdb-p2p') || size < 100) return undefined;
      failed = true;
      return new Promise((resolve) => setTimeout(resolve, 200, 'before'));
    });
    await a.syncP2P('family');
    const pool = await b.syncP2P('family');
    await statusWhere(pool, ({ phase }) => phase === 'paused');
    await pool.inSync();
    expect(failed).toBe(true);
    expect(await shown(b)).toEqual(await shown(a));
  });

  it('pauses the pool with a code, finds what was written meanwhile, and goes on when there is room', async () => {
    const network = createMemoryNetwork();
    const storage = faulty();
    const [a, b] = [await openItems(getRxStorageMemory(), network), await openItems(storage.storage, network)];
    await a.bulkInsert(itemsOf(10, 10));
    const poolA = await a.syncP2P('family');
    const pool = await b.syncP2P('family');
    await pool.inSync();
    const errors: string[] = [];
    const retries: (number | undefined)[] = [];
    pool.error$.subscribe(({ code }) => errors.push(code));
    pool.status$.subscribe(({ problem }) => retries.push(problem?.retryAt));

    storage.breakDown((call) => (isOurs(call) && call.kind === 'write' ? 'before' : undefined));
    const before = storage.calls.filter((call) => isOurs(call) && call.kind === 'write').length;
    await a.insert({ id: 'from-a' });
    const paused = await statusWhere(pool, ({ phase }) => phase === 'paused');
    expect(paused).toMatchObject({ notInSync: 'storage', problem: { code: 'STORAGE_FULL' }, peers: [] });
    expect(Math.abs((paused.problem?.retryAt ?? 0) - Date.now())).toBeLessThan(5_000);
    const waiting = pool.inSync();
    await b.insert({ id: 'from-b' });
    await statusWhere(poolA, ({ peers }) => peers.length === 0);

    // Three attempts, each of them one write.
    await expect.poll(() => errors.length, { timeout: 10_000 }).toBe(4);
    const attempts = storage.calls.filter((call) => isOurs(call) && call.kind === 'write').length - before;
    expect(attempts).toBe(4);
    expect(new Set(errors)).toEqual(new Set(['STORAGE_FULL']));
    expect(new Set(retries).size).toBeGreaterThanOrEqual(4);
    expect(await shown(b)).toHaveLength(11);

    storage.repair();
    await waiting;
    await poolA.inSync();
    expect(await shown(b)).toEqual(await shown(a));
    expect(await shown(a)).toHaveLength(12);
    expect((await firstValueFrom(pool.status$)).problem).toBeUndefined();
  });

  it('of another kind is told apart, and a journal that cannot be read at the start is tried again', async () => {
    const network = createMemoryNetwork();
    const storage = faulty();
    const [a, b] = [await openItems(getRxStorageMemory(), network), await openItems(storage.storage, network)];
    await a.insert({ id: 'from-a' });
    await a.syncP2P('family');
    storage.breakDown(
      ({ instance }) => (instance.startsWith('_p2p_') ? 'before' : undefined),
      () => new Error('I/O error'),
    );
    const pool = await b.syncP2P('family');
    const paused = await statusWhere(pool, ({ phase }) => phase === 'paused');
    expect(paused.problem).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringContaining('I/O error') });
    storage.repair();
    await pool.inSync();
    expect(await shown(b)).toEqual([{ id: 'from-a' }]);
  });

  it('and a collection that is closed or removed end the pool at once, with a code', async () => {
    const network = createMemoryNetwork();
    const a = await openItems(getRxStorageMemory(), network);
    await a.bulkInsert(itemsOf(3_000, 1_000));
    await a.syncP2P('family');
    for (const end of ['close', 'remove', 'fail'] as const) {
      const storage = faulty();
      const b = await openItems(storage.storage, network);
      const statuses: PoolStatus[] = [];
      const pool = await b.syncP2P('family');
      pool.status$.subscribe((status) => statuses.push(status));
      await expect.poll(async () => (await shown(b)).length, { interval: 2, timeout: 20_000 }).toBeGreaterThan(0);
      if (end === 'fail') {
        storage.breakDown(() => 'before');
        await statusWhere(pool, ({ phase }) => phase === 'paused');
        storage.repair();
      }
      const started = performance.now();
      await (end === 'remove' ? b.remove() : b.close());
      expect(performance.now() - started).toBeLessThan(2_000);
      expect(statuses.at(-1)).toMatchObject({
        ...{ phase: 'cancelled', notInSync: 'cancelled', problem: { code: 'COLLECTION_CLOSED' } },
      });
      await expect(pool.inSync()).rejects.toMatchObject({ code: 'COLLECTION_CLOSED' });
    }
  }, 60_000);
});
