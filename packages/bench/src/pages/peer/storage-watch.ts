/** Counts what the page asks IndexedDB for, whoever asks: storage costs by the call and by the record. */

export interface StorageCalls {
  readonly transactions: number;
  /** records added, put or deleted */
  readonly writes: number;
  /** gets of one record */
  readonly reads: number;
  /** gets of many, cursors and counts */
  readonly scans: number;
}

type Counter = { -readonly [Name in keyof StorageCalls]: number };

export function watchStorage(): () => StorageCalls {
  const calls: Counter = { transactions: 0, writes: 0, reads: 0, scans: 0 };
  count(IDBDatabase.prototype, ['transaction'], calls, 'transactions');
  count(IDBObjectStore.prototype, ['add', 'put', 'delete'], calls, 'writes');
  for (const readable of [IDBObjectStore.prototype, IDBIndex.prototype]) {
    count(readable, ['get', 'getKey'], calls, 'reads');
    count(readable, ['getAll', 'getAllKeys', 'openCursor', 'openKeyCursor', 'count'], calls, 'scans');
  }
  return () => ({ ...calls });
}

function count(prototype: object, methods: readonly string[], calls: Counter, name: keyof StorageCalls): void {
  const target = prototype as Record<string, (...values: unknown[]) => unknown>;
  for (const method of methods) {
    const original = target[method];
    if (original === undefined) continue;
    target[method] = function (this: unknown, ...values: unknown[]): unknown {
      calls[name] += 1;
      return original.apply(this, values);
    };
  }
}
