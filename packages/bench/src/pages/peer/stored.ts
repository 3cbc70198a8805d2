/** What the page's origin has stored for one database, by any system: all records of all its IndexedDB databases. */
import type { Stored } from './api.ts';

export async function readStored(of: string): Promise<Stored> {
  const sum = { databases: 0, records: 0, bytes: 0 };
  for (const { name } of await indexedDB.databases()) {
    if (name?.includes(of) !== true) continue;
    const database = await settled(indexedDB.open(name));
    sum.databases += 1;
    for (const store of Array.from(database.objectStoreNames)) {
      const values = await settled<unknown[]>(database.transaction(store).objectStore(store).getAll());
      sum.records += values.length;
      for (const value of values) sum.bytes += sizeOf(value);
    }
    database.close();
  }
  return sum;
}

function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.byteLength;
  return new TextEncoder().encode(JSON.stringify(value) ?? '').length;
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
