import { addRxPlugin, createRxDatabase, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork, type P2PError, type P2PPool, RxDBP2PPlugin } from '../index.ts';
import { openSidecar } from '../journal/sidecar.ts';
import { IDENTITY_SIDECAR, journalSidecar } from './database-node.ts';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;

/** Waits for conditions, not for a quiet machine. */
const LOADED = { timeout: 20_000 };

describe('a profile that was copied to another device', () => {
  const opened: RxDatabase[] = [];
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });

  async function open(name: string) {
    const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false });
    opened.push(database);
    const collections = await database.addCollections({ items: { schema }, others: { schema } });
    return { database, ...collections };
  }
  type Opened = Awaited<ReturnType<typeof open>>;

  async function copyRows(from: string, to: string, name: string): Promise<void> {
    const sidecarOf = (databaseName: string) =>
      openSidecar({ storage: getRxStorageMemory() as never, databaseName, databaseInstanceToken: databaseName, name });
    const [source, target] = [await sidecarOf(from), await sidecarOf(to)];
    for (const row of await source.readAll()) await target.insert([row]);
    await source.close();
    await target.close();
  }

  async function copyDocuments(from: Opened, to: Opened): Promise<void> {
    const documents = await from.items.find().exec();
    const rows = documents.map((document) => ({ document: structuredClone(document.toJSON(true)) }));
    const { error } = await to.items.internalStorageInstance.bulkWrite(rows as never, 'copy');
    expect(error).toEqual([]);
  }

  const replicaOf = async (pool: P2PPool) => (await firstValueFrom(pool.status$)).replica;

  it('[CONN-11] meets the other live: one of the two takes a new key pair, both say so, and nothing is lost', async () => {
    const [first, second] = [1, 2].map((n) => `clone-${process.pid}-${n}`) as [string, string];
    const original = await open(first);
    const before = await original.items.syncP2P('family', { transport: createMemoryNetwork().factory() });
    for (let i = 0; i < 20; i++) await original.items.insert({ id: `d${i}`, text: 'before the copy' });
    await expect.poll(async () => (await firstValueFrom(before.status$)).writesWaiting, LOADED).toBe(20);
    await before.cancel();
    const copy = await open(second);
    await copyDocuments(original, copy);
    await copyRows(first, second, IDENTITY_SIDECAR);
    await copyRows(first, second, journalSidecar('items'));

    const network = createMemoryNetwork();
    const devices = [original, copy];
    for (const [i, { items }] of devices.entries()) {
      await items.insert({ id: `only ${i}`, text: `by ${i}` });
      await (await items.findOne('d3').exec(true)).patch({ text: `by ${i}` });
    }
    const codes: string[][] = [[], []];
    const pools = await Promise.all(
      devices.map(async ({ items, others }, i) => {
        const transport = network.factory(`device ${i}`);
        const both = await Promise.all(
          [items, others].map((collection) => collection.syncP2P('family', { transport })),
        );
        for (const { error$ } of both) error$.subscribe(({ code }: P2PError) => codes[i]?.push(code));
        return both[0] as P2PPool;
      }),
    );
    await Promise.all(pools.map((pool) => pool.inSync()));

    const replicas = await Promise.all(pools.map(replicaOf));
    expect(new Set([...replicas, undefined]).size).toBe(3);
    for (const list of codes) expect(list).toContain('REPLICA_CLONED');
    const shown = await Promise.all(
      devices.map(async ({ items }) => (await items.find().exec()).map((document) => document.toMutableJSON())),
    );
    expect(shown[0]).toHaveLength(22);
    expect(shown[1]).toEqual(shown[0]);
    for (const pool of pools) {
      const texts = (await pool.conflicts('d3')).map(({ document }) => (document as { text: string }).text);
      expect(texts.sort()).toEqual(['by 0', 'by 1']);
    }
    // What both write now has two names.
    for (const [i, { items }] of devices.entries()) await items.insert({ id: `later ${i}`, text: 'later' });
    await expect.poll(async () => (await copy.items.find().exec()).length, LOADED).toBe(24);
    await expect.poll(async () => (await original.items.find().exec()).length, LOADED).toBe(24);
  }, 30_000);

  it('[CONN-11] a new key pair stays', async () => {
    const name = `clone-kept-${process.pid}`;
    const { renewIdentity, loadIdentity } = await import('../identity/identity.ts');
    const params = { storage: getRxStorageMemory() as never, databaseName: name, databaseInstanceToken: name, name };
    const sidecar = await openSidecar(params);
    const old = await loadIdentity(sidecar);
    const renewed = await renewIdentity(sidecar);
    expect(renewed.replica).not.toBe(old.replica);
    expect((await loadIdentity(sidecar)).replica).toBe(renewed.replica);
    expect((await renewIdentity(sidecar)).replica).not.toBe(renewed.replica);
    await sidecar.close();
  });
});
