/**
 * The process that a simulated device runs in: it can be killed at any of its writes. From then on nothing that it
 * had under way lands, answers or fires; what it stored stays, for the next process to find.
 */
import type { BulkWriteRow, RxStorage, RxStorageInstance } from 'rxdb';
import type { Timers } from 'rxdb-p2p/testing';
import { Observable } from 'rxjs';
import type { VirtualTime } from './virtual-time.ts';

/**
 * Where in a write the process dies: before anything of it is stored, after all of it is, or when half of its rows
 * are, since storages promise atomic rows, not atomic calls.
 */
export type CrashMode = 'before' | 'amid' | 'after';

/** One call that changes what is stored. */
export interface StorageWrite {
  /** name of the storage instance */
  readonly instance: string;
  /** RxDB's context; of a cleanup: `cleanup` */
  readonly context: string;
  /** the documents, with RxDB's own fields */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface WriteWatcher {
  /** Documents are looked up by their ids once this has resolved. */
  finding?(instance: string): Promise<void> | undefined;
  /** The write begins once this has resolved. */
  before?(write: StorageWrite): Promise<void> | undefined;
  /** Rows that the storage took, told even when the process dies of it. */
  landed?(write: StorageWrite): void;
  /** The writer hears of its write once this has resolved. */
  after?(write: StorageWrite): Promise<void> | undefined;
}

export interface SimProcess {
  readonly storage: RxStorage<unknown, unknown>;
  readonly timers: Timers;
  readonly alive: boolean;
  /** all writes so far, in the order in which they began */
  readonly writes: readonly StorageWrite[];
  /** @param write from 1: the next one */
  dieAt(write: number, mode: CrashMode): void;
  die(): void;
  /** Nothing happens in it any more until it thaws, as in a tab that a browser has frozen. */
  freeze(): void;
  /** What has come meanwhile happens now, in its order. */
  thaw(): void;
  /** Runs now; when the process is frozen as soon as it thaws; when it is dead never. */
  enter(run: () => void): void;
  /** Its storages answer nothing for this long, milliseconds of virtual time. */
  stall(ms: number): void;
  /** The next calls of its storages are refused; of a write it may have been taken all the same. */
  failNext(calls: number, taken: boolean): void;
  watch(watcher: WriteWatcher): void;
  onDeath(listener: () => void): void;
}

/** How long a storage takes, milliseconds of virtual time, each time anew; default: nothing. */
export interface StorageDelays {
  /** before a read or a write happens, and again before its caller hears of it */
  readonly call?: () => number;
  /** before an event is delivered: events of different delays overtake each other */
  readonly event?: () => number;
}

type Instance<D> = RxStorageInstance<D, unknown, unknown>;

export function createProcess(
  disk: RxStorage<unknown, unknown>,
  time: VirtualTime,
  delays: StorageDelays = {},
): SimProcess {
  const writes: StorageWrite[] = [];
  const watchers: WriteWatcher[] = [];
  const mourners: (() => void)[] = [];
  const opened: Instance<never>[] = [];
  let alive = true;
  let crash: { readonly at: number; readonly mode: CrashMode } | undefined;
  let frozen = false;
  let stalledUntil = 0;
  let failing = { calls: 0, taken: false };
  const waiting: (() => void)[] = [];

  /** What a dead process waits for never comes. */
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const enter = (run: () => void): void => {
    if (frozen) waiting.push(run);
    else if (alive) run();
  };
  const delayed = async (): Promise<void> => {
    const ms = Math.max(delays.call?.() ?? 0, stalledUntil - time.now());
    if (ms > 0) await new Promise<void>((resolve) => time.after(ms, resolve));
    if (frozen) await new Promise<void>(enter);
  };
  const fails = (): boolean => {
    if (failing.calls === 0) return false;
    failing = { ...failing, calls: failing.calls - 1 };
    return true;
  };
  const whileAlive = async <T>(work: () => Promise<T>): Promise<T> => {
    await delayed();
    if (!alive) return never();
    if (fails()) throw new Error('simulated: the disk does not answer');
    const result = await time.hold(work());
    await delayed();
    return alive ? result : never();
  };

  function die(): void {
    if (!alive) return;
    alive = false;
    for (const mourn of mourners) mourn();
  }

  /** Carries out one write, or dies of it. `part` is what lands when the process dies half-way. */
  async function write<T>(noted: StorageWrite, whole: () => Promise<T>, part: () => Promise<unknown>): Promise<T> {
    if (!alive) return never();
    for (const watcher of watchers) await watcher.before?.(noted);
    await delayed();
    if (!alive) return never();
    const failed = fails();
    if (failed && !failing.taken) throw new Error('simulated: the disk is full');
    writes.push(noted);
    const mode = crash?.at === writes.length ? crash.mode : undefined;
    if (mode !== undefined) die();
    if (mode === 'before') return never();
    if (mode === 'amid') await time.hold(part());
    else {
      const result = await time.hold(whole());
      if (failed) throw new Error('simulated: the disk has failed after a write');
      if (mode === undefined) {
        for (const watcher of watchers) await watcher.after?.(noted);
        await delayed();
        if (alive) return result;
      }
    }
    return never();
  }

  function deliver<B>(bulk: B, subscriber: { next(bulk: B): void }): void {
    const late = delays.event?.() ?? 0;
    const next = (): void => enter(() => subscriber.next(bulk));
    if (late > 0) time.after(late, next);
    else next();
  }

  function wrap<D>(inner: Instance<D>): Instance<D> {
    const instance = inner.collectionName;
    opened.push(inner as unknown as Instance<never>);
    const put = async (rows: BulkWriteRow<D>[], context: string) => {
      const result = await inner.bulkWrite(rows, context);
      const refused = new Set(result.error.map(({ writeRow }) => writeRow.document._rev));
      const landed = rows.filter(({ document }) => !refused.has(document._rev));
      for (const watcher of watchers) watcher.landed?.({ instance, context, rows: landed.map((row) => row.document) });
      return result;
    };
    return {
      databaseName: inner.databaseName,
      collectionName: instance,
      internals: inner.internals,
      options: inner.options,
      schema: inner.schema,
      bulkWrite(rows, context) {
        const noted = { instance, context, rows: rows.map(({ document }) => document) };
        const half = rows.slice(0, Math.floor(rows.length / 2));
        return write(
          noted,
          () => put(rows, context),
          () => put(half, context),
        );
      },
      cleanup(minimumDeletedTime) {
        const clean = () => inner.cleanup(minimumDeletedTime);
        return write({ instance, context: 'cleanup', rows: [] }, clean, clean);
      },
      async findDocumentsById(ids, withDeleted) {
        for (const watcher of watchers) await watcher.finding?.(instance);
        return whileAlive(() => inner.findDocumentsById(ids, withDeleted));
      },
      query: (prepared) => whileAlive(() => inner.query(prepared)),
      count: (prepared) => whileAlive(() => inner.count(prepared)),
      getAttachmentData: (id, name, digest) => whileAlive(() => inner.getAttachmentData(id, name, digest)),
      changeStream: () =>
        new Observable((subscriber) => inner.changeStream().subscribe((bulk) => deliver(bulk, subscriber))),
      close: () => whileAlive(() => inner.close()),
      remove: () => whileAlive(() => inner.remove()),
    } as Instance<D>;
  }

  // The operating system closes what a dead process had open.
  mourners.push(() => {
    for (const inner of opened) queueMicrotask(() => void time.hold(inner.close()));
  });

  return {
    storage: {
      name: disk.name,
      rxdbVersion: disk.rxdbVersion,
      createStorageInstance: (params) => whileAlive(async () => wrap(await disk.createStorageInstance(params))),
    },
    timers: {
      now: time.now,
      random: time.random,
      after(ms, run) {
        let stopped = false;
        // A timer that is stopped while it waits for the thaw does not fire either.
        const fire = (): void => {
          if (!stopped) run();
        };
        const stop = time.after(ms, () => enter(fire));
        return () => {
          stopped = true;
          stop();
        };
      },
    },
    get alive() {
      return alive;
    },
    writes,
    dieAt(at, mode) {
      crash = { at: writes.length + at, mode };
    },
    die,
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      for (const run of waiting.splice(0)) enter(run);
    },
    enter,
    stall(ms) {
      stalledUntil = time.now() + ms;
    },
    failNext(calls, taken) {
      failing = { calls, taken };
    },
    watch: (watcher) => watchers.push(watcher),
    onDeath: (listener) => mourners.push(listener),
  };
}
