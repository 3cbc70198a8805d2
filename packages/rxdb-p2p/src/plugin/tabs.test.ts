import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork, type MemoryNetwork } from '../transport/memory.ts';
import { RxDBP2PPlugin } from './plugin.ts';

// Two databases of one name in one process stand for two tabs; RxDB allows that in dev-mode only.
disableWarnings();
addRxPlugin(RxDBDevModePlugin);
addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;

interface Item {
  id: string;
  text?: string;
}
type Tab = { todos: RxCollection<Item>; notes: RxCollection<Item> };

let databases: RxDatabase[] = [];
let count = 0;

async function openTab(network: MemoryNetwork, name = `tab-${process.pid}-${++count}`): Promise<Tab> {
  const storage = wrappedValidateAjvStorage({ storage: getRxStorageMemory() });
  const options = { p2p: { transport: network.factory() } };
  const database = await createRxDatabase({ name, storage, multiInstance: true, ignoreDuplicate: true, options });
  databases.push(database);
  return (await database.addCollections({ todos: { schema }, notes: { schema } })) as unknown as Tab;
}

async function idsOf(collection: RxCollection<Item>): Promise<string[]> {
  return (await collection.find().exec()).map(({ id }) => id);
}

afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});

describe('several tabs of one device', () => {
  it('that each lead another collection both reach a peer', async () => {
    const network = createMemoryNetwork();
    const name = `device-${process.pid}`;
    const [first, second, other] = [await openTab(network, name), await openTab(network, name), await openTab(network)];
    const todos = await first.todos.syncP2P('family');
    const notes = await second.notes.syncP2P('family');
    await other.todos.syncP2P('family');
    await other.notes.syncP2P('family');
    await first.todos.insert({ id: 'todo' });
    await second.notes.insert({ id: 'note' });
    await todos.inSync();
    await notes.inSync();
    expect(await idsOf(other.todos)).toEqual(['todo']);
    expect(await idsOf(other.notes)).toEqual(['note']);
  });

  it('pass the lead on, and no write of any tab is lost', async () => {
    const network = createMemoryNetwork();
    const name = `handover-${process.pid}`;
    const [first, second, other] = [await openTab(network, name), await openTab(network, name), await openTab(network)];
    await first.todos.syncP2P('family');
    const follower = await second.todos.syncP2P('family');
    const remote = await other.todos.syncP2P('family');
    await first.todos.insert({ id: 'a' });
    await second.todos.insert({ id: 'b' });
    await remote.inSync();
    await expect.poll(() => idsOf(other.todos)).toEqual(['a', 'b']);
    await first.todos.database.close();
    await second.todos.insert({ id: 'c' });
    await follower.inSync();
    await expect.poll(() => idsOf(other.todos)).toEqual(['a', 'b', 'c']);
  });
});

describe('a collection that is mounted again', () => {
  it('in the middle of a first sync leaves the connection to the others alone', async () => {
    const network = createMemoryNetwork({ delayMs: () => 20 });
    const [a, b] = [await openTab(network), await openTab(network)];
    await b.todos.bulkInsert(Array.from({ length: 3_000 }, (_, i) => ({ id: `d${i}`, text: 'x'.repeat(1_000) })));
    const kept = await a.notes.syncP2P('family');
    await b.notes.syncP2P('family');
    await b.todos.syncP2P('family');
    await kept.inSync();
    const errors: string[] = [];
    kept.error$.subscribe(({ code }) => errors.push(code));
    const first = await a.todos.syncP2P('family');
    await expect.poll(async () => (await idsOf(a.todos)).length, { interval: 2, timeout: 10_000 }).toBeGreaterThan(0);
    await first.cancel();
    const second = await a.todos.syncP2P('family');
    await second.inSync();
    expect(await idsOf(a.todos)).toHaveLength(3_000);
    expect(errors).toEqual([]);
    expect(network.links).toBe(1);
  });
});
