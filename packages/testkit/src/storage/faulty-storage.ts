/**
 * A storage that fails on command: any real RxStorage, with calls that reject before they do anything, half-way, or after
 * they have done all. The process lives on, and so do its other calls: what a full disk or a failing one looks like.
 */
import type { RxStorage, RxStorageInstance } from 'rxdb';

/** `after`: what was asked for is done, and the answer is lost. `amid`: half of a write's rows are stored. */
export type FaultMode = 'before' | 'amid' | 'after';

export interface StorageCall {
  readonly kind: 'open' | 'read' | 'write';
  /** name of the storage instance */
  readonly instance: string;
  /** RxDB's context of a write; name of the method otherwise */
  readonly context: string;
  /** documents that are to be written, or ids that are to be read */
  readonly size: number;
}

/** Which calls fail; a promise lets the call take its time first. */
export type FaultRule = (call: StorageCall) => FaultMode | undefined | Promise<FaultMode>;

export interface FaultyStorage {
  readonly storage: RxStorage<unknown, unknown>;
  /** calls so far */
  readonly calls: readonly StorageCall[];
  /** Asked for every call until the next `breakDown` or `repair`. */
  breakDown(rule: FaultRule, error?: () => Error): void;
  repair(): void;
}

type Instance = RxStorageInstance<Record<string, unknown>, unknown, unknown>;

/** As Chromium's IndexedDB rejects when there is no room. */
export function quotaExceeded(): Error {
  return new DOMException('Encountered full disk while committing', 'QuotaExceededError');
}

export function createFaultyStorage(inner: RxStorage<unknown, unknown>): FaultyStorage {
  const calls: StorageCall[] = [];
  let rule: FaultRule = () => undefined;
  let makeError: () => Error = quotaExceeded;

  async function run<T>(call: StorageCall, whole: () => Promise<T>, half: () => Promise<unknown>): Promise<T> {
    calls.push(call);
    const mode = await rule(call);
    if (mode === undefined) return whole();
    if (mode === 'amid') await half();
    if (mode === 'after') await whole();
    throw makeError();
  }

  const nothing = (): Promise<void> => Promise.resolve();

  function breakable(instance: Instance): Instance {
    const name = instance.collectionName;
    const { bulkWrite, findDocumentsById, query, cleanup } = instance;
    instance.bulkWrite = (rows, context) => {
      const write = (part: typeof rows) => bulkWrite.call(instance, part, context);
      const half = rows.slice(0, Math.floor(rows.length / 2));
      return run(
        { kind: 'write', instance: name, context, size: rows.length },
        () => write(rows),
        () => (half.length === 0 ? nothing() : write(half)),
      );
    };
    instance.findDocumentsById = (ids, deleted) =>
      run(
        { kind: 'read', instance: name, context: 'findDocumentsById', size: ids.length },
        () => findDocumentsById.call(instance, ids, deleted),
        nothing,
      );
    instance.query = (prepared) =>
      run({ kind: 'read', instance: name, context: 'query', size: 0 }, () => query.call(instance, prepared), nothing);
    instance.cleanup = (minimumDeletedTime) =>
      run(
        { kind: 'write', instance: name, context: 'cleanup', size: 0 },
        () => cleanup.call(instance, minimumDeletedTime),
        nothing,
      );
    return instance;
  }

  return {
    storage: {
      name: inner.name,
      rxdbVersion: inner.rxdbVersion,
      createStorageInstance: async (params) => {
        const open = () => inner.createStorageInstance(params);
        const call: StorageCall = { kind: 'open', instance: params.collectionName, context: 'open', size: 0 };
        // An instance that nobody is told of would stay open for ever.
        const opened = await run(call, open, nothing);
        return breakable(opened as unknown as Instance) as unknown as typeof opened;
      },
    },
    calls,
    breakDown(next, error = quotaExceeded) {
      rule = next;
      makeError = error;
    },
    repair() {
      rule = () => undefined;
    },
  };
}
