/**
 * One collection's replica: its documents, its journal, and the queue in which both are read and written. Finds
 * local writes, takes remote versions, reads what others lack. Knows nothing of peers, frames or timers.
 */
import {
  type Body,
  type Cursor,
  compareRanges,
  type Differences,
  type DigestItem,
  type DigestRange,
  EMPTY_VECTOR,
  idsThatDiffer,
  P2PError,
  type ScanBatch,
  sumRanges,
  type Vector,
  type Version,
} from '@rxdb-p2p/protocol';
import type { Journal } from '../journal/journal.ts';
import { isLive, type StoredHead } from '../journal/record.ts';
import { COMPARE_START, type ComparePlace, createDiscovery, PAGE_DOCUMENTS } from './discovery.ts';
import { createFirstDocuments } from './first-documents.ts';
import { createHints, type DocumentEvent } from './hints.ts';
import { createHoldings } from './holdings.ts';
import { createLocalWrites } from './local-writes.ts';
import { createLostStorage } from './lost-storage.ts';
import { createPushRanges } from './push-ranges.ts';
import { type AsidePage, createQuarantine, type WriteName } from './quarantine.ts';
import { createQueue } from './queue.ts';
import { createRemoteVersions, type Incoming } from './remote-versions.ts';
import { type Commit, createReplicaContext, type ReplicaDeps } from './replica-context.ts';
import { createRollback } from './rollback.ts';
import { DEFAULT_BATCH, readBatch, readRecords } from './scan.ts';
import { followSchema } from './schema-change.ts';

/** What a repair asks for, in turn with everything else that happens to the collection. */
export interface ReplicaComparison {
  sum(after: string | null): Promise<readonly DigestRange[]>;
  compare(after: string | null, ranges: readonly DigestRange[]): Promise<Differences>;
  look(items: readonly DigestItem[]): Promise<readonly string[]>;
  /** All heads of the documents with their contents, as far as one batch goes. */
  read(ids: readonly string[]): Promise<readonly Version[]>;
}

export interface CollectionReplica {
  readonly actor: string;
  readonly vector: Vector;
  readonly journal: Journal;
  /**
   * Journals what happened while nobody looked. Call once, before anything else.
   *
   * @param stolen the lead was taken from a tab that may still write: this replica's writes get a new name
   */
  start(stolen?: boolean): Promise<void>;
  /** Lets go of the documents that a first start has read, and nobody has fetched yet. */
  forgetRead(): void;
  /** What may have changed, and how far the storage is: in any order, twice or too often. */
  hint(events: readonly DocumentEvent[], checkpoint: unknown): Promise<void>;
  /** Journals all local writes that the storage has by now. */
  catchUp(): Promise<void>;
  apply(incoming: Incoming): Promise<void>;
  read(vector: Vector, cursor: Cursor | null): Promise<ScanBatch>;
  /** What a repair asks for. */
  readonly comparison: ReplicaComparison;
  /**
   * Takes a new name for this replica's next writes: others know later writes under the present one.
   *
   * @param fetch whether those may come from there; otherwise nothing is waited for
   */
  outrun(actor: string, seq: number, fetch: boolean): Promise<void>;
  /** whether own writes are fetched that others hold, after a rollback */
  readonly isFetching: boolean;
  /** Ends that fetch, though not all has come that others were known to hold: nobody brings it. */
  endFetch(): Promise<void>;
  /** Gives its name up: another device writes under it, too. Close it then. */
  renounce(): Promise<void>;
  /** highest own `seq` that anyone has persisted */
  readonly acknowledged: number;
  noteAcknowledged(seq: number): void;
  /** The concurrent versions of one document, in fold order, with contents. */
  headsOf(id: string): Promise<readonly StoredHead[]>;
  /** documents with a version that is kept aside */
  readonly quarantined: number;
  /** Versions that are kept aside, oldest first. @param after `next` of the page before, 0 for the first one */
  quarantine(after: number, limit: number): AsidePage;
  /**
   * Ends the quarantine of one version by a write that supersedes it.
   *
   * @returns false: that version is not kept aside any more
   * @throws P2PError `DOCUMENT_INVALID`
   */
  release(version: WriteName, document: Body | undefined): Promise<boolean>;
  /** Compares every document with its record, for writes that no checkpoint shows. */
  compareAll(): Promise<void>;
  /** @returns a function that ends it */
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Ends it within the call: nothing is written from now on. Close it nevertheless. */
  abandon(): void;
  /** Waits for what is queued, then closes the journal. The first failure of the storage ends the replica: see `onFailure`. */
  close(): Promise<void>;
}

/** Rounds of reading a document that somebody keeps writing. */
const MAX_READS = 1_000;

export function createCollectionReplica(deps: ReplicaDeps): CollectionReplica {
  const context = createReplicaContext(deps);
  const { documents, journal, randomId, batch = DEFAULT_BATCH } = context;
  const ranges = createPushRanges();
  const lost = createLostStorage(context, ranges);
  const rollback = createRollback(context);
  const localWrites = createLocalWrites(context, { lost, rollback });
  const remote = createRemoteVersions(context, { localWrites, rollback, ranges });
  const first = createFirstDocuments(context.primaryPath);
  const discovery = createDiscovery(context, localWrites, remote, lost, first);
  const quarantine = createQuarantine(context, localWrites, remote);
  const holdings = createHoldings(journal);
  const queue = createQueue((cause) => deps.onFailure?.(cause), isRefusal);
  const hints = createHints();
  /** what a document took in the last batch that was read */
  let usualBytes: number | undefined;
  let hintsQueued = false;
  let newestCheckpoint: unknown = journal.checkpoint;
  let closed = false;
  let abandoned = false;
  let closing: Promise<void> | undefined;

  /** One after the other; what a task leaves unfolded is shown before the next. */
  function run<T>(task: () => Promise<T>): Promise<T> {
    return queue.run(async () => {
      const result = await task();
      if (!closed) await remote.refold(context.takeUnfolded());
      return result;
    });
  }

  /** Only when every hint was followed does the checkpoint stand for all that is before it. */
  const reached = (): unknown => (hints.size === 0 ? newestCheckpoint : undefined);

  async function readOn(vector: Vector, cursor: Cursor | null): Promise<ScanBatch> {
    for (let round = 0; round < MAX_READS; round++) {
      const found = await readBatch(vector, cursor, { documents, journal, batch, first, usualBytes });
      const { batch: read, stale } = found;
      usualBytes = found.usualBytes ?? usualBytes;
      if (read.claim !== null) first.forget();
      if (stale === undefined) return read;
      await discovery.look([stale]);
    }
    throw new P2PError('STORAGE_FAILED', 'documents change faster than they can be read');
  }

  /** All heads of the documents, as far as a batch goes; unknown ones are left out. */
  async function readHeads(ids: readonly string[]): Promise<readonly Version[]> {
    for (let round = 0; round < MAX_READS; round++) {
      const records = ids.flatMap((id) => journal.records.get(id) ?? []);
      const { versions, next, isStale } = await readRecords(records, EMPTY_VECTOR, { documents, journal, batch });
      if (next === undefined || !isStale || versions.length > 0) return versions;
      await discovery.look([next.id]);
    }
    throw new P2PError('STORAGE_FAILED', 'documents change faster than they can be read');
  }

  return {
    get actor() {
      return context.actor();
    },
    get vector() {
      return journal.vector;
    },
    journal,
    start: (stolen = false) =>
      run(async () => {
        const isNew = stolen || journal.incarnation === '';
        const incarnation = isNew ? context.newIncarnation() : {};
        await journal.commit({ ...incarnation, epoch: { id: randomId(8), firstLsn: journal.lsn + 1 }, stolen });
        // Written under a name that went with its key pair.
        if (journal.seq > 0 && !journal.vector.has(context.actor())) await journal.commit(context.newIncarnation());
        await rollback.again();
        await discovery.look(await followSchema(context));
        await discovery.catchUp();
        const unfolded = [...journal.records.values()].filter(({ pending }) => pending !== undefined);
        await remote.refold(unfolded.map(({ id }) => id));
        await quarantine.recheck();
      }),
    forgetRead: () => first.forget(),
    hint(events, checkpoint) {
      hints.add(events);
      newestCheckpoint = checkpoint;
      if (events.length === 0 || hintsQueued) return Promise.resolve();
      hintsQueued = true;
      return run(async () => {
        hintsQueued = false;
        // Before the documents are read: what is written meanwhile is beyond it.
        const before = newestCheckpoint;
        const { told, unread } = hints.take(journal.records);
        if (closed) return;
        for (const [id, document] of await context.find(unread)) told.set(id, document);
        await remote.refold(await localWrites.journal(told, before));
      });
    },
    catchUp: () => run(() => (closed ? Promise.resolve() : discovery.catchUp())),
    apply(incoming) {
      // By those who have not been told yet, while it is written that the vector is lower: they go on with a former catch-up.
      const { losses } = context;
      const checked = remote.check(incoming);
      return run(async () => {
        if (closed) return;
        // What was asked for before the vector was lowered leaves out what is to come: its versions count, its claim does not.
        const counts = losses === context.losses;
        await remote.apply(counts ? incoming : { ...incoming, claim: null, cursor: null }, checked, reached());
      });
    },
    outrun: (actor, seq, fetch) =>
      run(async () => {
        if (closed || !(await rollback.begin(actor, seq, fetch))) return;
        context.announce(null, fetch ? [] : await rollback.finish(), true);
      }),
    get isFetching() {
      return rollback.pending;
    },
    endFetch() {
      const { losses } = context;
      return run(async () => {
        // It may have what has just been lost.
        if (closed || losses !== context.losses) return;
        const changed = await rollback.finish(true);
        if (changed.length > 0) context.announce(null, changed);
      });
    },
    renounce: () => run(() => (closed ? Promise.resolve() : rollback.renounce())),
    read: (vector, cursor) => run(() => readOn(vector, cursor)),
    comparison: {
      sum: (after) => run(async () => sumRanges(holdings, after)),
      compare: (after, ranges) => run(async () => compareRanges(holdings, after, ranges)),
      look: (items) => run(async () => idsThatDiffer(holdings, items)),
      read: (ids) => run(() => readHeads(ids)),
    },
    headsOf: (id) =>
      run(async () => {
        const heads = journal.records.get(id)?.heads ?? [];
        const document = (await context.find([id])).get(id);
        return heads.map((stored) => remote.withContent(stored, document));
      }),
    get quarantined() {
      return quarantine.count;
    },
    quarantine: (after, limit) => quarantine.page(after, limit),
    release: (version, document) =>
      run(() => (closed ? Promise.resolve(false) : quarantine.release(version, document))),
    async compareAll() {
      const found = new Set<string>();
      let place: ComparePlace | undefined = COMPARE_START;
      while (place !== undefined && !closed) {
        const from: ComparePlace = place;
        const { ids, next } = await run(() => discovery.comparePage(from));
        // The record's own text of the id, not another one for each document.
        for (const id of ids) {
          const known = journal.records.get(id);
          if (known !== undefined) found.add(known.id);
        }
        place = next;
      }
      const missing = [...journal.records.values()].filter((record) => isLive(record) && !found.has(record.id));
      for (let i = 0; i < missing.length && !closed; i += PAGE_DOCUMENTS) {
        await run(() => discovery.look(missing.slice(i, i + PAGE_DOCUMENTS).map(({ id }) => id)));
      }
    },
    onCommit: (listener) => context.onCommit(listener),
    get acknowledged() {
      return context.acknowledged;
    },
    noteAcknowledged: (seq) => context.noteAcknowledged(seq),
    abandon() {
      closed = true;
      abandoned = true;
      journal.abandon();
    },
    close() {
      closed = true;
      closing ??= finish();
      return closing;
    },
  };

  async function finish(): Promise<void> {
    await queue.idle();
    const acknowledgement = context.acknowledgement();
    // After a failure nobody knows what the journal holds: whoever opens it next reads that.
    if (!abandoned && !queue.stopped && Object.keys(acknowledgement).length > 0) await journal.commit(acknowledgement);
    await journal.close();
  }
}

/** What one caller asked for cannot be done, and nothing was written: no failure of the storage. */
function isRefusal(error: unknown): boolean {
  return error instanceof P2PError && error.code === 'DOCUMENT_INVALID';
}
