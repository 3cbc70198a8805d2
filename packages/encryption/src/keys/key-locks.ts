/**
 * Locks between the tabs of one database: Web Locks in browsers, within one process elsewhere. Every tab shares the lock of
 * the key that it seals with; a rotation waits until nobody holds the one of the key that it replaces.
 */
import { hex } from '../cipher/bytes.ts';
import { EncryptionError } from '../errors.ts';

export interface KeyLocks {
  /** @returns a function that gives the lock back */
  share(name: string): Promise<() => void>;
  /** Waits until nobody else has it, or rejects with the signal's reason. */
  own(name: string, signal: AbortSignal): Promise<() => void>;
  /** Can this place tell whether other tabs hold a lock? */
  readonly reliable: boolean;
}

export function createKeyLocks(): KeyLocks {
  const manager: LockManager | undefined = globalThis.navigator?.locks;
  if (manager !== undefined) return webLocks(manager);
  return processLocks(typeof document === 'undefined');
}

/** Shared by every tab that seals with a key. */
export function sealsLock(databaseId: Uint8Array, keyName: string): string {
  return `rxdb-p2p-encryption ${hex(databaseId)} seals with ${keyName}`;
}

/** Owned by the tab that encrypts everything again. */
export function rotatesLock(databaseId: Uint8Array): string {
  return `rxdb-p2p-encryption ${hex(databaseId)} rotates`;
}

export function locksUnavailable(): EncryptionError {
  return new EncryptionError(
    'LOCKS_UNAVAILABLE',
    'a key cannot be rotated here: other tabs cannot be asked to follow',
    {
      expected: 'a secure context, which has Web Locks: https, or http://localhost',
      got: 'a page without them',
    },
  );
}

function webLocks(manager: LockManager): KeyLocks {
  const request = (name: string, options: LockOptions): Promise<() => void> =>
    new Promise((resolve, reject) => {
      manager.request(name, options, () => new Promise<void>((release) => resolve(release))).catch(reject);
    });
  return {
    reliable: true,
    share: (name) => request(name, { mode: 'shared' }),
    own: (name, signal) => request(name, { signal }),
  };
}

interface Held {
  shared: number;
  owned: boolean;
  readonly waiting: Set<() => void>;
}

/** Shared by all databases of this module: it is the process that the locks are for. */
const held = new Map<string, Held>();

function processLocks(reliable: boolean): KeyLocks {
  const take = (name: string): Held => {
    const lock = held.get(name) ?? { shared: 0, owned: false, waiting: new Set() };
    held.set(name, lock);
    return lock;
  };
  const free = (name: string, lock: Held): void => {
    if (lock.shared > 0 || lock.owned) return;
    if (lock.waiting.size === 0) held.delete(name);
    for (const wake of [...lock.waiting]) wake();
  };
  const once = (release: () => void): (() => void) => {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      release();
    };
  };
  return {
    reliable,
    async share(name) {
      const lock = take(name);
      while (lock.owned) await turn(lock);
      lock.shared++;
      return once(() => {
        lock.shared--;
        free(name, lock);
      });
    },
    async own(name, signal) {
      const lock = take(name);
      while (lock.owned || lock.shared > 0) await turn(lock, signal);
      signal.throwIfAborted();
      lock.owned = true;
      return once(() => {
        lock.owned = false;
        free(name, lock);
      });
    },
  };
}

function turn(lock: Held, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      lock.waiting.delete(wake);
      reject(signal?.reason);
    };
    const wake = (): void => {
      lock.waiting.delete(wake);
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    if (signal?.aborted === true) return reject(signal.reason);
    lock.waiting.add(wake);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
