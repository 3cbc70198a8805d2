/** Devices that use RxDB with other plugins of its own beside ours. Each keeps its storage when it is closed. */

import { createFieldHasher } from '@rxdb-p2p/protocol';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxCollectionCreator, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import {
  createMemoryNetwork,
  type MemoryNetwork,
  type P2PError,
  type P2PPool,
  RxDBP2PPlugin,
  type SyncP2POptions,
} from 'rxdb-p2p';
import { openJournal, openSidecar } from 'rxdb-p2p/testing';
import { filter, firstValueFrom } from 'rxjs';

export type Doc = Record<string, unknown>;

export interface OpenDevice {
  readonly items: RxCollection<Doc>;
  readonly pool: P2PPool<Doc>;
  /** codes of all problems so far */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export interface Device {
  readonly name: string;
  /** @param network default: nobody is there */
  open(creator: RxCollectionCreator, network?: MemoryNetwork, options?: SyncP2POptions): Promise<OpenDevice>;
  /** What its journal says, while it is closed. */
  journal(): Promise<{ readonly vector: ReadonlyMap<string, number>; readonly seq: number; readonly heads: number }>;
}

let names = 0;
const opened = new Set<RxDatabase>();

export function createTestDevice(): Device {
  addRxPlugin(RxDBP2PPlugin);
  const name = `plugins-${process.pid}-${++names}`;
  const storage = getRxStorageMemory();
  return {
    name,
    async open(creator, network = createMemoryNetwork(), options = {}) {
      const p2p = { transport: network.factory(name) };
      const database = await createRxDatabase({ name, storage, multiInstance: false, options: { p2p } });
      opened.add(database);
      const { items } = (await database.addCollections({ items: creator })) as unknown as { items: RxCollection<Doc> };
      const pool = (await items.syncP2P('family', options)) as unknown as P2PPool<Doc>;
      const problems: string[] = [];
      pool.error$.subscribe(({ code }: P2PError) => problems.push(code));
      return {
        ...{ items, pool, problems },
        async close() {
          opened.delete(database);
          await database.close();
        },
      };
    },
    async journal() {
      const params = { databaseName: name, databaseInstanceToken: 'test', name: '_p2p_journal_items' };
      const sidecar = await openSidecar({ ...params, storage: storage as never });
      const hasher = createFieldHasher();
      const { vector, seq, records } = await openJournal({ sidecar, hasher, randomId: () => 'x'.repeat(22) });
      await sidecar.close();
      return { vector, seq, heads: [...records.values()].reduce((sum, { heads }) => sum + heads.length, 0) };
    },
  };
}

export async function closeAll(): Promise<void> {
  for (const database of opened) await database.close();
  opened.clear();
}

export async function shown({ items }: OpenDevice): Promise<unknown[]> {
  return (await items.find({ sort: [{ id: 'asc' }] }).exec()).map((document) => document.toJSON());
}

/** All are connected with each other, and each waits for the others, twice: what one learns, another may have to hear of. */
export async function settled(...devices: readonly OpenDevice[]): Promise<void> {
  for (const { pool } of devices)
    await firstValueFrom(pool.status$.pipe(filter(({ peers }) => peers.length === devices.length - 1)));
  for (let round = 0; round < 2; round++) for (const { pool } of devices) await pool.inSync();
}
