/**
 * Who leads a collection: one tab for each (database, collection), by a lock (ARCHITECTURE §4). Web Locks in browsers; within
 * one process elsewhere, where databases of one process share a map.
 */
import { P2PError } from '@rxdb-p2p/protocol';

export interface Leadership {
  /**
   * Resolves once this tab leads, with a function that gives the lead up.
   *
   * @param signal ends the waiting; the promise then rejects with its reason
   */
  acquire(name: string, signal: AbortSignal): Promise<() => void>;
}

/** @throws P2PError `INSECURE_CONTEXT` in a page that has no Web Locks */
export function createLeadership(): Leadership {
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  if (locks !== undefined) return webLocks(locks);
  if (typeof document === 'undefined') return processLocks();
  throw new P2PError('INSECURE_CONTEXT', 'this page has no Web Locks, so several tabs could not share one database', {
    expected: 'a secure context: https, or http://localhost',
    got: globalThis.location?.origin ?? 'no origin',
    hint: 'serve the page over https',
  });
}

function webLocks(locks: LockManager): Leadership {
  return {
    acquire: (name, signal) =>
      new Promise((resolve, reject) => {
        const held = locks.request(name, { signal }, () => new Promise<void>((release) => resolve(release)));
        held.catch(reject);
      }),
  };
}

/** Waiting holders by name. Shared by all databases of this module: it is the process that the lock is for. */
const queues = new Map<string, (() => void)[]>();

function processLocks(): Leadership {
  return {
    acquire: (name, signal) =>
      new Promise((resolve, reject) => {
        const release = (): void => {
          const waiting = queues.get(name) ?? [];
          const next = waiting.shift();
          if (next === undefined) queues.delete(name);
          else next();
        };
        const start = (): void => {
          let released = false;
          resolve(() => {
            if (released) return;
            released = true;
            release();
          });
        };
        const waiting = queues.get(name);
        if (signal.aborted) reject(signal.reason);
        else if (waiting === undefined) {
          queues.set(name, []);
          start();
        } else {
          waiting.push(start);
          signal.addEventListener('abort', () => {
            const position = waiting.indexOf(start);
            if (position >= 0) waiting.splice(position, 1);
            reject(signal.reason);
          });
        }
      }),
  };
}
