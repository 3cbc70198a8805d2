import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { afterEach, expect, it } from 'vitest';
import type { PoolStatus } from '../pool/types.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../transport/memory.ts';
import { RxDBP2PPlugin } from './plugin.ts';

// Two databases of one name in one process stand for two tabs; RxDB allows that in dev-mode only.
disableWarnings();
addRxPlugin(RxDBDevModePlugin);
addRxPlugin(RxDBP2PPlugin);

interface Item {
  id: string;
  text?: string;
}

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;

const databases: RxDatabase[] = [];

async function open(network: MemoryNetwork, name: string): Promise<RxCollection<Item>> {
  const storage = wrappedValidateAjvStorage({ storage: getRxStorageMemory() });
  const options = { p2p: { transport: network.factory() } };
  const database = await createRxDatabase({ name, storage, multiInstance: true, ignoreDuplicate: true, options });
  databases.push(database);
  const { todos } = await database.addCollections({ todos: { schema } });
  return todos as unknown as RxCollection<Item>;
}

afterEach(async () => {
  for (const database of databases.splice(0)) await database.close();
});

it('a collection that another tab removes in the middle of a sync ends the pool with a code, and comes back anew', {
  timeout: 90_000,
}, async () => {
  const network = createMemoryNetwork({ delayMs: () => 20 });
  const name = `removed-${process.pid}`;
  const other = await open(network, `${name}-other`);
  await other.bulkInsert(Array.from({ length: 3_000 }, (_, i) => ({ id: `d${i}`, text: 'x'.repeat(1_000) })));
  await other.syncP2P('family');
  const [leader, remover] = [await open(network, name), await open(network, name)];
  const pool = await leader.syncP2P('family');
  const statuses: PoolStatus[] = [];
  pool.status$.subscribe((status) => statuses.push(status));
  await expect
    .poll(() => statuses.at(-1)?.progress?.documentsDone ?? 0, { interval: 2, timeout: 30_000 })
    .toBeGreaterThan(0);

  await remover.remove();
  await expect.poll(() => statuses.at(-1)?.phase, { timeout: 30_000 }).toBe('cancelled');
  expect(statuses.at(-1)).toMatchObject({ notInSync: 'cancelled', problem: { code: 'COLLECTION_CLOSED' } });
  await expect(pool.inSync()).rejects.toMatchObject({ code: 'COLLECTION_CLOSED' });

  const again = await open(network, name);
  const anew = await again.syncP2P('family');
  await anew.inSync();
  expect(await again.count().exec()).toBe(3_000);
});
