/** One collection whose topics use different transports, as with other ICE servers for some of them. */
import { addRxPlugin, createRxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { firstValueFrom } from 'rxjs';
import { expect, it, onTestFinished } from 'vitest';
import { createMemoryNetwork, type MemoryNetwork, RxDBP2PPlugin } from '../index.ts';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 } },
  required: ['id'],
} as const;

/** A device with one topic on each network. */
async function openDevice(device: string, networks: readonly MemoryNetwork[]) {
  const name = `several-transports-${process.pid}-${device}`;
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false });
  onTestFinished(async () => void (await database.close()));
  const { items } = await database.addCollections({ items: { schema } });
  const opened = networks.map((network, index) =>
    // What has the same name is one transport.
    items.syncP2P(`topic ${index}`, { transport: network.factory(`${device}${index}`) }),
  );
  return { items, pools: await Promise.all(opened) };
}

it('channels of one transport are not mixed up with those of another', async () => {
  const networks = [createMemoryNetwork(), createMemoryNetwork()];
  const [a, b] = await Promise.all([openDevice('a', networks), openDevice('b', networks)]);
  const pools = [...a.pools, ...b.pools];
  await Promise.all(pools.map((pool) => pool.inSync()));

  await a.pools[1]?.cancel();
  await a.items.insert({ id: 'written later' });
  await expect.poll(() => b.items.findOne('written later').exec(), { timeout: 10_000 }).not.toBeNull();
  for (const pool of [a.pools[0], b.pools[0]])
    await expect.poll(() => pool && firstValueFrom(pool.peers$)).toMatchObject([{ phase: 'in-sync' }]);
});
