/** Devices meet while a collection is still read for the first time. */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxJsonSchema } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import { createMemoryNetwork, RxDBP2PPlugin, type TransportFactory } from '../index.ts';

addRxPlugin(RxDBP2PPlugin);

const schema: RxJsonSchema<{ id: string }> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 } },
  required: ['id'],
};

let opened: RxCollection<{ id: string }>[] = [];

afterEach(async () => {
  for (const { database } of opened) await database.close();
  opened = [];
});

async function open(transport: TransportFactory): Promise<RxCollection<{ id: string }>> {
  const name = `early-${process.pid}-${opened.length}`;
  const options = { p2p: { transport } };
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false, options });
  const { todos } = await database.addCollections({ todos: { schema } });
  opened.push(todos);
  return todos;
}

/** The collection's storage answers queries when it is told to. */
function holdQueries({ internalStorageInstance: storage }: RxCollection<{ id: string }>): () => void {
  const query = storage.query.bind(storage);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  storage.query = async (prepared) => {
    await released;
    return query(prepared);
  };
  return release;
}

/** VERSION, NOISE, PROOF and HELLO of one side: a device says no more where nothing is open. */
const MESSAGES_OF_A_MEETING = 4;

it('a device meets others while its collection is read, and opens it when that is done', async () => {
  const sent = new Map<string, number>();
  const network = createMemoryNetwork({ tap: (from) => void sent.set(from, (sent.get(from) ?? 0) + 1) });
  const a = await open(network.factory('a'));
  const b = await open(network.factory('b'));
  await a.bulkInsert([{ id: '1' }, { id: '2' }]);
  const release = holdQueries(a);
  const pool = await a.syncP2P('family');
  const other = await b.syncP2P('family');

  await expect.poll(() => sent.get('a') ?? 0, { timeout: 20_000 }).toBe(MESSAGES_OF_A_MEETING);
  expect((await firstValueFrom(pool.status$)).phase).toBe('starting');
  expect((await firstValueFrom(other.status$)).peers).toEqual([]);
  expect(await b.count().exec()).toBe(0);

  release();
  await firstValueFrom(other.status$.pipe(filter(({ phase }) => phase === 'in-sync')));
  expect(await b.count().exec()).toBe(2);
}, 60_000);

it('a pool that is cancelled while its collection is read leaves the room', async () => {
  const pairs = new Set<string>();
  const network = createMemoryNetwork({ tap: (from, to) => void pairs.add(`${from} to ${to}`) });
  const a = await open(network.factory('a'));
  const b = await open(network.factory('b'));
  await a.bulkInsert([{ id: '1' }]);
  const release = holdQueries(a);
  const pool = await a.syncP2P('family');
  await b.syncP2P('family');
  await expect.poll(() => pairs.has('a to b'), { timeout: 20_000 }).toBe(true);

  const cancelled = pool.cancel();
  const late = await open(network.factory('late'));
  await (await late.syncP2P('family')).awaitFirstPeer();
  release();
  await cancelled;
  expect([...pairs].sort()).toEqual(['a to b', 'b to a', 'b to late', 'late to b']);
}, 60_000);
