/**
 * What outlives a device's processes: its storages, with a history of everything they took, so that a power failure
 * can take the newest part of it. Each storage loses its own part: with Dexie each is an IndexedDB database by itself.
 */
import type { BulkWriteRow, RxStorage, RxStorageInstance, RxStorageInstanceCreationParams } from 'rxdb';
import { prepareQuery } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { Subject } from 'rxjs';

type Storage = RxStorage<unknown, unknown>;
type Rows = BulkWriteRow<Record<string, unknown>>[];

/** One call that a storage took: rows, or the removal of what is deleted. */
type Call = { readonly rows: Rows; readonly context: string } | 'cleanup';

interface History {
  readonly params: StorageParams;
  readonly calls: Call[];
  /** of all open instances: RxDB tells every tab of what one of them writes */
  readonly events: Subject<Bulk>;
}

type Bulk = { readonly id: string };

/**
 * What a cleanup takes for the present, milliseconds since 1970: storages read the machine's clock, which is not that of
 * the simulated devices. It removes all tombstones, when all are old enough, and nothing otherwise.
 */
export const DISK_TIME = 4_000_000_000_000;

export interface SimDisk {
  readonly storage: Storage;
  /** How many calls each storage has taken, by its name. */
  calls(): ReadonlyMap<string, number>;
  /**
   * Nothing may be open. Each storage is put back to what it was after this many of its calls.
   *
   * @param kept by its name; without one it keeps everything
   */
  goBack(kept: ReadonlyMap<string, number>): Promise<void>;
  /** All that is on it now, for `put` on this disk or another. */
  save(): DiskImage;
  /** Nothing may be open. What is on it gives way to that, in the database of this name. */
  put(image: DiskImage, databaseName: string): Promise<void>;
}

/** What was on a disk at one moment, by the names of its storages. */
export type DiskImage = ReadonlyMap<string, { readonly params: StorageParams; readonly calls: readonly Call[] }>;

/** A disk on which nothing is. */
export const EMPTY_DISK: DiskImage = new Map();

type StorageParams = RxStorageInstanceCreationParams<never, unknown>;

/**
 * @param create an empty storage whose content nobody else shares
 * @param options.history whether it can go back; that takes memory for each call
 */
export function createDisk(
  create: () => Storage = privateMemory,
  { history: keeps = true }: { readonly history?: boolean } = {},
): SimDisk {
  let base = create();
  /** of each storage: the last bulk of events that was told */
  const told = new Map<Subject<Bulk>, string>();
  const histories = new Map<string, History>();

  function record<D>(
    inner: RxStorageInstance<D, unknown, unknown>,
    { calls, events }: History,
  ): RxStorageInstance<D, unknown, unknown> {
    inner.changeStream().subscribe((bulk) => {
      // Instances of the memory storage tell of each other's writes already.
      if (told.get(events) === bulk.id) return;
      told.set(events, bulk.id);
      events.next(bulk);
    });
    return Object.create(inner, {
      changeStream: { value: () => events },
      // Of the instance itself: RxDB keeps a list of those of the memory storage that are open.
      close: { value: () => inner.close() },
      bulkWrite: {
        async value(rows: BulkWriteRow<D>[], context: string) {
          const result = await inner.bulkWrite(rows, context);
          const refused = new Set(result.error.map(({ documentId }) => documentId));
          const primary = inner.schema.primaryKey as unknown as keyof D;
          const taken = rows.filter(({ document }) => !refused.has(document[primary] as string));
          if (keeps && taken.length > 0) calls.push({ rows: taken as unknown as Rows, context });
          return result;
        },
      },
      cleanup: {
        async value(minimumDeletedTime: number) {
          if ((await newestTombstone(inner)) >= DISK_TIME - minimumDeletedTime) return true;
          const done = await inner.cleanup(0);
          if (keeps) calls.push('cleanup');
          return done;
        },
      },
    });
  }

  const open = (storage: Storage, params: RxStorageInstanceCreationParams<never, unknown>) =>
    storage.createStorageInstance(params) as Promise<RxStorageInstance<never, unknown, unknown>>;

  const storage: Storage = {
    name: base.name,
    rxdbVersion: base.rxdbVersion,
    async createStorageInstance(params) {
      const known = histories.get(params.collectionName);
      const history = known ?? { params: params as never, calls: [], events: new Subject<Bulk>() };
      histories.set(params.collectionName, history);
      return record(await base.createStorageInstance(params), history);
    },
  };

  async function writeAgain(): Promise<void> {
    base = create();
    for (const { params, calls } of histories.values()) {
      const instance = await open(base, params);
      for (const call of calls) {
        if (call === 'cleanup') await instance.cleanup(0);
        else await instance.bulkWrite(structuredClone(call.rows) as never, call.context);
      }
      await instance.close();
    }
  }

  return {
    storage,
    calls: () => new Map([...histories].map(([name, { calls }]) => [name, calls.length])),
    async goBack(kept) {
      for (const [name, { calls }] of histories) calls.length = Math.min(calls.length, kept.get(name) ?? calls.length);
      await writeAgain();
    },
    save: () => new Map([...histories].map(([name, { params, calls }]) => [name, { params, calls: [...calls] }])),
    async put(image, databaseName) {
      for (const { calls } of histories.values()) calls.length = 0;
      for (const [name, { params, calls }] of image) {
        const history = histories.get(name) ?? {
          params: { ...params, databaseName },
          calls: [],
          events: new Subject<Bulk>(),
        };
        histories.set(name, history);
        history.calls.push(...calls);
      }
      await writeAgain();
    },
  };
}

async function newestTombstone<D>(instance: RxStorageInstance<D, unknown, unknown>): Promise<number> {
  const selector = { _deleted: true } as never;
  const primary = instance.schema.primaryKey as unknown as string;
  const query = prepareQuery(instance.schema, { selector, sort: [{ [primary]: 'asc' }] as never, skip: 0 });
  const { documents } = await instance.query(query);
  return documents.reduce((newest, { _meta }) => Math.max(newest, _meta.lwt), 0);
}

/** A memory storage whose content nobody else shares. */
function privateMemory(): Storage {
  return { ...getRxStorageMemory(), collectionStates: new Map() } as Storage;
}
