/** The disk fails just when a copied profile has to take a new key pair: that is told, and done as soon as it can be. */
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, type P2PError, type P2PPool } from 'rxdb-p2p';
import { openSidecar } from 'rxdb-p2p/testing';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { closeDatabases, type Item, openItems as open, shown } from './devices.ts';
import { createFaultyStorage, type StorageCall } from './faulty-storage.ts';

type Items = Awaited<ReturnType<typeof open>>;

const SIDECARS = { identity: '_p2p_identity', journal: '_p2p_journal_items' } as const;

afterEach(closeDatabases);

async function copyRows(from: Items, to: Items, name: string): Promise<void> {
  const sidecarOf = ({ database: { name: databaseName } }: Items) =>
    openSidecar({ storage: getRxStorageMemory() as never, databaseName, databaseInstanceToken: databaseName, name });
  const [source, target] = [await sidecarOf(from), await sidecarOf(to)];
  for (const row of await source.readAll()) expect(await target.insert([row])).toBe(true);
  await source.close();
  await target.close();
}

async function copyDocuments(from: Items, to: Items): Promise<void> {
  const rows = (await from.find().exec()).map((document) => ({ document: structuredClone(document.toJSON(true)) }));
  const { error } = await to.internalStorageInstance.bulkWrite(rows as never, 'copy');
  expect(error).toEqual([]);
}

const replicaOf = async (pool: P2PPool<Item>) => (await firstValueFrom(pool.status$)).replica;

describe('a copied profile whose disk fails while it takes a new key pair', () => {
  it.each([
    ['the key pair is stored', SIDECARS.identity, 2],
    ['the collection gives its name up', SIDECARS.journal, 1],
  ])(
    '[CONN-11] says so, and does it again: %s',
    async (_, instance, times) => {
      const network = createMemoryNetwork();
      const storages = [0, 1].map(() => createFaultyStorage(getRxStorageMemory() as never));
      const devices = await Promise.all(storages.map(({ storage }, i) => open(storage, network, `device ${i}`)));
      const [original, copy] = devices as [Items, Items];
      const before = await original.syncP2P('family');
      await original.insert({ id: 'both', text: 'before the copy' });
      await expect.poll(async () => (await firstValueFrom(before.status$)).writesWaiting, { timeout: 20_000 }).toBe(1);
      await before.cancel();
      await copyDocuments(original, copy);
      for (const name of Object.values(SIDECARS)) await copyRows(original, copy, name);

      network.cut('device 0', 'device 1');
      for (const [i, items] of devices.entries()) await items.insert({ id: `only ${i}`, text: `by ${i}` });
      const pools = await Promise.all(devices.map((items) => items.syncP2P('family')));
      const codes: string[][] = [[], []];
      for (const [i, { error$ }] of pools.entries()) error$.subscribe(({ code }: P2PError) => codes[i]?.push(code));
      for (const pool of pools)
        await expect.poll(async () => (await firstValueFrom(pool.status$)).writesWaiting, { timeout: 20_000 }).toBe(2);
      const shared = await Promise.all(pools.map(replicaOf));
      expect(shared[0]).toBe(shared[1]);

      let left: number = times;
      let isRenewed = false;
      for (const storage of storages) {
        storage.breakDown((call: StorageCall) => {
          if (call.kind !== 'write') return undefined;
          const counts = call.instance === instance && (instance === SIDECARS.identity || isRenewed);
          isRenewed ||= call.instance === SIDECARS.identity;
          return counts && left-- > 0 ? 'before' : undefined;
        });
      }
      network.heal();
      await Promise.all(pools.map((pool) => pool.inSync()));

      expect(left).toBeLessThanOrEqual(0);
      const replicas = await Promise.all(pools.map(replicaOf));
      expect(new Set([...replicas, undefined]).size).toBe(3);
      for (const list of codes) expect(list).toContain('REPLICA_CLONED');
      expect(codes.flat().filter((code) => code === 'STORAGE_FULL')).toHaveLength(times);
      // What each wrote under the name that both had is no fork: one of them has given it up in time.
      expect(codes.flat()).not.toContain('WRITE_FORKED');
      expect(await shown(original)).toHaveLength(3);
      expect(await shown(copy)).toEqual(await shown(original));
    },
    60_000,
  );
});
