/** Databases of the benchmark: memory storage, one collection each, everything else as RxDB's defaults are. */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { type BenchDocument, schema } from './documents.ts';

export type BenchCollection = RxCollection<BenchDocument>;

export interface Replica {
  readonly database: RxDatabase;
  readonly collection: BenchCollection;
  /** Closes the database and frees its memory. */
  remove(): Promise<void>;
}

export async function createReplica(): Promise<Replica> {
  const database = await createRxDatabase({
    name: `bench-${randomBytes(8).toString('hex')}`,
    storage: getRxStorageMemory(),
    multiInstance: false,
  });
  const { items } = await database.addCollections({ items: { schema } });
  return {
    database,
    collection: items as BenchCollection,
    async remove(): Promise<void> {
      await database.remove();
    },
  };
}

/** Resolves when the collection has reported as many changes, without asking it anything meanwhile. */
export function changes(collection: BenchCollection, count: number, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    const timer = setTimeout(() => {
      subscription.unsubscribe();
      reject(new Error(`${seen} of ${count} changes after ${timeoutMs} ms`));
    }, timeoutMs);
    const subscription = collection.eventBulks$.subscribe((bulk) => {
      seen += bulk.events.length;
      if (seen < count) return;
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve();
    });
  });
}

export async function contents(collection: BenchCollection): Promise<BenchDocument[]> {
  const documents = await collection.find({ sort: [{ id: 'asc' }] }).exec();
  return documents.map((document) => document.toJSON() as BenchDocument);
}

export async function allEqual(collections: readonly BenchCollection[]): Promise<boolean> {
  const [first, ...others] = await Promise.all(collections.map(contents));
  return others.every((other) => isDeepStrictEqual(other, first));
}

/** Throws unless every collection holds exactly these documents. */
export async function expectContents(
  collections: readonly BenchCollection[],
  expected: readonly BenchDocument[],
): Promise<void> {
  for (const collection of collections) {
    const found = await contents(collection);
    if (found.length !== expected.length) throw new Error(`${found.length} documents instead of ${expected.length}`);
    if (!isDeepStrictEqual(found, expected)) throw new Error('documents differ from those inserted');
  }
}
