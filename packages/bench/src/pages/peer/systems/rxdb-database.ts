/** What both replications of RxDB collections share: a database on Dexie, everything else as RxDB's defaults are. */
import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { isMasterInWebRTCReplication } from 'rxdb/plugins/replication-webrtc';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { type BenchDocument, schema } from '../../../documents.ts';
import type { PageSystem } from './system.ts';

export interface OpenDatabase {
  readonly database: RxDatabase;
  readonly collection: RxCollection<BenchDocument>;
  readonly store: Omit<PageSystem, 'start' | 'ready' | 'connected' | 'errors' | 'stop'>;
}

export async function openDatabase(name: string): Promise<OpenDatabase> {
  const database = await createRxDatabase({ name, storage: getRxStorageDexie() });
  const { items } = await database.addCollections({ items: { schema } });
  const collection = items as RxCollection<BenchDocument>;
  let arrivals = 0;
  const listeners: (() => void)[] = [];
  collection.eventBulks$.subscribe(({ events }) => {
    arrivals += events.length;
    for (const listener of listeners) listener();
  });
  return {
    database,
    collection,
    store: {
      async insert(documents: BenchDocument[]): Promise<void> {
        const { error } = await collection.bulkInsert(documents);
        if (error.length > 0) throw new Error(`${error.length} documents not inserted`);
      },
      arrivals: () => arrivals,
      onArrival: (listener: () => void) => void listeners.push(listener),
      async edit(id: string, title: string): Promise<void> {
        const document = await collection.findOne(id).exec(true);
        await document.incrementalPatch({ title });
      },
      watch(id: string, listener: (title: string) => void): void {
        collection.findOne(id).$.subscribe((document) => listener(document?.title ?? ''));
      },
      async read(): Promise<readonly BenchDocument[]> {
        const documents = await collection.find({ sort: [{ id: 'asc' }] }).exec();
        return documents.map((document) => document.toJSON() as BenchDocument);
      },
      masterToken: () => database.storageToken,
      isMaster: (own: string, other: string) => isMasterInWebRTCReplication(database.hashFunction, own, other),
      async remove(): Promise<void> {
        await database.remove();
      },
    },
  };
}
