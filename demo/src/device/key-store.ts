/**
 * Where the key of a copy without a password lies. In IndexedDB, with strict durability: `localStorage` is written out seconds
 * later, and a browser that crashes in between would leave a copy that nobody can open.
 */
const DATABASE = 'device-key';
const STORE = 'key';

/** `{}`: a password opens the copy. With a key, that one does, or, after a crash between two steps, the password. */
export interface KeptKey {
  readonly key?: Uint8Array;
}

/** What is kept; `fresh` is kept from now on where there was nothing, also when two tabs are the first at once. */
export function keptKey(fresh: KeptKey): Promise<KeptKey> {
  return withStore((store, done) => {
    store.get(STORE).onsuccess = ({ target }) => {
      const kept = (target as IDBRequest<KeptKey | undefined>).result;
      if (kept === undefined) store.add(fresh, STORE);
      done(kept ?? fresh);
    };
  });
}

export function keepKey(next: KeptKey): Promise<void> {
  return withStore((store, done) => {
    store.put(next, STORE);
    done(undefined);
  });
}

/** Whether somebody has to type a password; false, too, where there is no copy yet. */
export async function hasPassword(): Promise<boolean> {
  const kept = await withStore<KeptKey | undefined>((store, done) => {
    store.get(STORE).onsuccess = ({ target }) => done((target as IDBRequest<KeptKey | undefined>).result);
  });
  return kept !== undefined && kept.key === undefined;
}

/** Resolves with what `work` has said when the transaction is on the disk. */
function withStore<T>(work: (store: IDBObjectStore, done: (result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
      let said: { readonly result: T } | undefined;
      transaction.oncomplete = () => {
        database.close();
        if (said !== undefined) resolve(said.result);
      };
      transaction.onabort = () => {
        database.close();
        reject(transaction.error);
      };
      work(transaction.objectStore(STORE), (result) => {
        said = { result };
      });
    };
  });
}
