/**
 * The lock for which the tabs of one database queue: one holder for each (database, collection). Web Locks in browsers; within
 * one process elsewhere, where databases of one process share a map. When it may be taken from its holder is decided in
 * `election.ts`.
 */
import { P2PError } from '@rxdb-p2p/protocol';

/** The lock, as long as it is held. */
export interface HeldLock {
  /** Aborted when another tab takes the lock away. */
  readonly lost: AbortSignal;
  /** Gives the lock back; twice is once. */
  release(): void;
}

export interface Leadership {
  /**
   * Resolves once this tab holds the lock.
   *
   * @param signal ends the waiting; the promise then rejects with its reason
   */
  acquire(name: string, signal: AbortSignal): Promise<HeldLock>;
  /** Takes the lock at once, whoever holds it. Who waits goes on waiting. */
  steal(name: string): Promise<HeldLock>;
  /** Resolves when a holder that has lost the lock before this call has heard of it. */
  heardOfLosses(): Promise<void>;
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
  const request = (name: string, options: LockOptions): Promise<HeldLock> =>
    new Promise((resolve, reject) => {
      const lost = new AbortController();
      const hold = (): Promise<void> => new Promise((release) => resolve({ lost: lost.signal, release }));
      // Rejects when the lock is stolen, and then too when it was never granted; whichever is late has no effect.
      locks.request(name, options, hold).catch((reason: unknown) => {
        lost.abort();
        reject(reason);
      });
    });
  return {
    acquire: (name, signal) => request(name, { signal }),
    steal: (name) => request(name, { steal: true }),
    // The answer comes by the same way as the news of a loss, after it.
    heardOfLosses: async () => void (await locks.query()),
  };
}

interface ProcessLock {
  holder: ProcessHolder;
  readonly waiting: ((lock: HeldLock) => void)[];
}

interface ProcessHolder {
  readonly lost: AbortController;
}

/** By name. Shared by all databases of this module: it is the process that the lock is for. */
const held = new Map<string, ProcessLock>();

function processLocks(): Leadership {
  /** Makes somebody the holder of a lock that exists. */
  function hand(name: string, lock: ProcessLock): HeldLock {
    const holder: ProcessHolder = { lost: new AbortController() };
    lock.holder = holder;
    return {
      lost: holder.lost.signal,
      release() {
        if (held.get(name) !== lock || lock.holder !== holder) return;
        const next = lock.waiting.shift();
        if (next === undefined) held.delete(name);
        else next(hand(name, lock));
      },
    };
  }

  function create(name: string): HeldLock {
    const lock: ProcessLock = { holder: { lost: new AbortController() }, waiting: [] };
    held.set(name, lock);
    return hand(name, lock);
  }

  return {
    acquire: (name, signal) =>
      new Promise((resolve, reject) => {
        const lock = held.get(name);
        if (signal.aborted) reject(signal.reason);
        else if (lock === undefined) resolve(create(name));
        else {
          lock.waiting.push(resolve);
          signal.addEventListener('abort', () => {
            const position = lock.waiting.indexOf(resolve);
            if (position >= 0) lock.waiting.splice(position, 1);
            reject(signal.reason);
          });
        }
      }),
    async steal(name) {
      const lock = held.get(name);
      if (lock === undefined) return create(name);
      const { lost } = lock.holder;
      const taken = hand(name, lock);
      lost.abort();
      return taken;
    },
    heardOfLosses: () => Promise.resolve(),
  };
}
