/** The data keys that an open database knows: one that seals, and those before it, which open what they have sealed. */
import { deferred } from '../deferred.ts';
import { EncryptionError } from '../errors.ts';
import { type DataKey, forget } from './data-key.ts';

export interface KeyRing {
  /** @throws EncryptionError `CLOSED` */
  current(): DataKey;
  /** by its hex id */
  get(name: string): DataKey | undefined;
  all(): readonly DataKey[];
  add(key: DataKey): void;
  /** Marks the time between sealing and the end of the write. Call `current()` after it, in the same turn. */
  beginWrite(): () => void;
  /**
   * Seals with this key from now on.
   *
   * @returns when all writes that were sealed before have ended
   */
  switchTo(key: DataKey): Promise<void>;
  /** Overwrites all keys. */
  close(): void;
}

export function createKeyRing(first: DataKey): KeyRing {
  const keys = new Map([[first.name, first]]);
  let current: DataKey | undefined = first;
  /** writes under way */
  let writes = new Set<Promise<void>>();
  return {
    current() {
      if (current !== undefined) return current;
      throw new EncryptionError('CLOSED', 'this database has been closed, and its keys are forgotten');
    },
    get: (name) => keys.get(name),
    all: () => [...keys.values()],
    add(key) {
      if (current === undefined) forget(key);
      else if (!keys.has(key.name)) keys.set(key.name, key);
    },
    beginWrite() {
      const { promise, resolve } = deferred<void>();
      const of = writes;
      of.add(promise);
      return () => {
        of.delete(promise);
        resolve();
      };
    },
    async switchTo(key) {
      if (current === undefined) return;
      keys.set(key.name, key);
      current = key;
      const before = writes;
      writes = new Set();
      await Promise.all(before);
    },
    close() {
      current = undefined;
      for (const key of keys.values()) forget(key);
      keys.clear();
    },
  };
}
