/** Looks behind the plugin: who holds the lock, whether the storage answers, what the journal says. */
import type { RxDatabase, RxStorage } from 'rxdb';
import { createFieldHasher, openJournal, openSidecar } from 'rxdb-p2p/testing';
import type { JournalSummary } from './api.ts';

/** Whether this tab holds the lock of a collection: the browser names the tabs that hold locks. */
export function holdsLock(name: string): Promise<boolean> {
  const probe = `probe ${crypto.randomUUID()}`;
  return navigator.locks.request(probe, async () => {
    const { held = [] } = await navigator.locks.query();
    const me = held.find((lock) => lock.name === probe)?.clientId;
    return held.some((lock) => lock.name === name && lock.clientId === me);
  });
}

/** @returns milliseconds until every database has carried out a transaction that writes */
export async function storageAnswers(): Promise<number> {
  const startedAt = performance.now();
  const databases = await indexedDB.databases();
  await Promise.all(databases.map(({ name = '' }) => answers(name)));
  return performance.now() - startedAt;
}

function answers(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      // Whoever wants to change or remove it comes first.
      database.onversionchange = () => database.close();
      const stores = [...database.objectStoreNames];
      const done = (): void => {
        database.close();
        resolve();
      };
      if (stores.length === 0) {
        done();
        return;
      }
      const transaction = database.transaction(stores, 'readwrite');
      // Nothing is written, but its turn comes only when all that was begun before is over.
      transaction.objectStore(stores[0] ?? '').count();
      transaction.oncomplete = done;
      transaction.onabort = () => reject(transaction.error);
    };
  });
}

export async function readJournal(database: RxDatabase, collection: string): Promise<JournalSummary> {
  const sidecar = await openSidecar({
    storage: database.storage as RxStorage<unknown, unknown>,
    databaseName: database.name,
    databaseInstanceToken: database.token,
    name: `_p2p_journal_${collection}`,
  });
  const randomId = (): never => {
    throw new Error('there is no journal');
  };
  const { vector, records, close } = await openJournal({ sidecar, hasher: createFieldHasher(), randomId });
  const heads = [...records.values()].map(({ id, heads }) => [
    id,
    heads.map(({ head }) => `${head.actor} ${head.seq}`),
  ]);
  const summary = { vector: Object.fromEntries(vector), heads: Object.fromEntries(heads) };
  await close();
  return summary;
}
