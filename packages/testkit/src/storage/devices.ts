/** Devices whose storage is given: a database each, with the plugin, in one process. */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import type { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { type MemoryNetwork, type P2PPool, type PoolStatus, RxDBP2PPlugin } from 'rxdb-p2p';
import { filter, firstValueFrom } from 'rxjs';
import type { StorageCall } from './faulty-storage.ts';

export interface Item {
  id: string;
  text?: string;
  count?: number;
}

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' }, count: { type: 'number' } },
  required: ['id'],
} as const;

const opened: RxDatabase[] = [];
let names = 0;

/** @param place by which the network cuts it off */
export async function openItems(storage: unknown, network: MemoryNetwork, place?: string): Promise<RxCollection<Item>> {
  addRxPlugin(RxDBP2PPlugin);
  const database = await createRxDatabase({
    name: `storage-${process.pid}-${++names}`,
    storage: storage as ReturnType<typeof getRxStorageMemory>,
    multiInstance: false,
    options: { p2p: { transport: network.factory(place) } },
  });
  opened.push(database);
  const { items } = await database.addCollections({ items: { schema } });
  return items as RxCollection<Item>;
}

export async function closeDatabases(): Promise<void> {
  for (const database of opened.splice(0)) await database.close();
}

export async function shown(items: RxCollection<Item>): Promise<unknown[]> {
  return (await items.find().exec()).map((document) => document.toJSON());
}

/** `count` documents of about `size` bytes. */
export function itemsOf(count: number, size: number): Item[] {
  return Array.from({ length: count }, (_, i) => ({ id: `i${String(i).padStart(6, '0')}`, text: 'x'.repeat(size) }));
}

/** Resolves with the first status for which that holds. */
export function statusWhere(pool: P2PPool<Item>, holds: (status: PoolStatus) => boolean): Promise<PoolStatus> {
  return firstValueFrom(pool.status$.pipe(filter(holds)));
}

/** What the plugin does, not the application: its journal, its identity, and documents of other devices. */
export function isOurs({ instance, context }: StorageCall): boolean {
  return instance.startsWith('_p2p_') || (instance === 'items' && context.startsWith('rxdb-p2p'));
}
