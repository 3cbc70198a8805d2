/**
 * One collection's replica: its documents, its journal, and the queue in which both are read and written. Finds
 * local writes, takes remote versions, reads what others lack. Knows nothing of peers, frames or timers.
 */
import type { Authored, Body, Cursor, FieldHasher, ScanBatch, Vector, Version } from '@rxdb-p2p/protocol';
import { covers, joinVectors, P2PError } from '@rxdb-p2p/protocol';
import { getChangedDocumentsSince, prepareQuery } from 'rxdb';
import type { Journal, JournalChange } from '../journal/journal.ts';
import type { NewRecord, StoredHead } from '../journal/record.ts';
import { isLive } from '../journal/record.ts';
import { type ContentRules, checkVersion, type ValidateBody } from './content.ts';
import { bodyOf, type DocumentStorage, type StoredDocument } from './document.ts';
import { showable, toShown, uniteHeads } from './heads.ts';
import type { MergePolicy } from './merge-policy.ts';
import { bodyText, type Observation, observe } from './observe.ts';
import { createPushRanges, type PushRange } from './push-ranges.ts';
import { createQueue } from './queue.ts';
import { type BatchLimits, DEFAULT_BATCH, primaryPathOf, readBatch, travelling } from './scan.ts';
import { showHeads, type Target } from './show.ts';
import { createSyncableCheck } from './syncable.ts';

export interface ReplicaDeps {
  /** the collection's inner storage instance: the one that keeps a given `_rev` and `_meta` */
  readonly documents: DocumentStorage;
  readonly journal: Journal;
  readonly hasher: FieldHasher;
  readonly merge: MergePolicy;
  readonly validate: ValidateBody;
  readonly actorOf: (incarnation: string) => string;
  readonly randomId: (bytes: number) => string;
  readonly now: () => number;
  readonly onProblem: (problem: P2PError) => void;
  /** how much one step of a scan reads; default `DEFAULT_BATCH` */
  readonly batch?: BatchLimits;
}

export interface Commit {
  readonly vector: Vector;
  readonly actor: string;
  readonly authored: Authored | null;
  /** ids of documents whose heads changed */
  readonly changed: readonly string[];
}

export interface Incoming {
  readonly versions: readonly Version[];
  readonly claim: Vector | null;
  readonly cursor: readonly [replica: string, cursor: Cursor] | null;
  readonly range: PushRange | null;
}

export interface CollectionReplica {
  readonly actor: string;
  readonly vector: Vector;
  readonly journal: Journal;
  /** Journals what happened while nobody looked. Call once, before anything else. */
  start(): Promise<void>;
  /** Documents that may have changed, and how far the storage is; hints, in any order, twice or too often. */
  hint(ids: readonly string[], checkpoint: unknown): Promise<void>;
  /** Journals all local writes that the storage has by now. */
  catchUp(): Promise<void>;
  apply(incoming: Incoming): Promise<void>;
  read(vector: Vector, cursor: Cursor | null): Promise<ScanBatch>;
  /** highest own `seq` that anyone has persisted */
  readonly acknowledged: number;
  noteAcknowledged(seq: number): void;
  /** The concurrent versions of one document, in fold order, with contents. */
  headsOf(id: string): Promise<readonly StoredHead[]>;
  /** Compares every document with its record, for writes that no checkpoint shows. */
  compareAll(): Promise<void>;
  /** @returns a function that ends it */
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Waits for what is queued, then closes the journal. */
  close(): Promise<void>;
}

type Heads = ReadonlyMap<string, readonly StoredHead[]>;

/** Documents read at once when a collection is compared with its journal. */
const COMPARE_DOCUMENTS = 1_000;
/** Documents that a first start reads at once, before it goes on by pages. */
const FIRST_READ = 20_000;
/** Writes that one push carries; more are left to WANT, which reads them in batches. */
const MAX_PUSHED_WRITES = 256;
/** Rounds of writing a document that somebody else keeps writing. Each loses to a write that succeeded. */
const MAX_ROUNDS = 1_000;

export function createCollectionReplica(deps: ReplicaDeps): CollectionReplica {
  const { documents, journal, hasher, merge, validate, randomId, now, onProblem } = deps;
  const primaryPath = primaryPathOf(documents);
  const schemaVersion = documents.schema.version;
  const queue = createQueue();
  const ranges = createPushRanges();
  const syncable = createSyncableCheck();
  const rules: ContentRules = { primaryPath, validate, keepsTombstones: merge.keepsTombstones };
  const showDeps = {
    ...{ documents, journal, hasher, merge, validate, primaryPath, schemaVersion, now, onProblem },
    revisionTokens: () => randomId(9),
  };
  const listeners = new Set<(commit: Commit) => void>();
  let acknowledged = journal.acknowledged;
  const hinted = new Set<string>();
  let hintsQueued = false;
  /** how often documents were found lost */
  let losses = 0;
  let newestCheckpoint: unknown = journal.checkpoint;
  let closed = false;

  let named = { incarnation: '', actor: '' };
  const actor = (): string => {
    const { incarnation } = journal;
    if (named.incarnation !== incarnation) named = { incarnation, actor: deps.actorOf(incarnation) };
    return named.actor;
  };

  const announce = (authored: Authored | null, changed: readonly string[]): void => {
    for (const listener of listeners) listener({ vector: journal.vector, actor: actor(), authored, changed });
  };

  const byId = (found: readonly StoredDocument[]): Map<string, StoredDocument> =>
    new Map(found.map((document) => [document[primaryPath] as string, document]));

  async function find(ids: readonly string[]): Promise<Map<string, StoredDocument>> {
    return ids.length === 0 ? new Map() : byId(await documents.findDocumentsById([...ids], true));
  }

  /** Journals what the documents say that their records do not. @returns ids that need a fold */
  async function journalLocal(
    found: ReadonlyMap<string, StoredDocument>,
    checkpoint?: unknown,
  ): Promise<readonly string[]> {
    const me = actor();
    const previous = journal.seq;
    let seq = previous;
    const context = {
      ...{ hasher, schemaVersion, keepsTombstones: merge.keepsTombstones },
      mint: () => ({ actor: me, seq: ++seq }),
    };
    const observations: Observation[] = [];
    const unfolded: string[] = [];
    for (const [id, document] of found) {
      const record = journal.records.get(id);
      const observation = observe(id, record, document, context);
      if (record === undefined && observation !== undefined && !mayTravel(observation.record)) continue;
      if (observation !== undefined) observations.push(observation);
      if ((observation?.record ?? record)?.pending !== undefined) unfolded.push(id);
    }
    if (observations.length === 0) return unfolded;
    const records = observations.map((observation): NewRecord => observation.record);
    const minted = seq > previous ? { seq, vector: new Map(journal.vector).set(me, seq) } : {};
    await journal.commit({
      records,
      ...minted,
      ...acknowledgement(),
      ...(checkpoint === undefined ? {} : { checkpoint }),
    });
    const versions =
      observations.length > MAX_PUSHED_WRITES ? [] : observations.flatMap((observation) => pushed(observation, found));
    const changed = records.map(({ id }) => id);
    announce(versions.length === 0 ? null : { actor: me, previous, seq, versions }, changed);
    return unfolded;
  }

  function mayTravel({ id, fields }: NewRecord): boolean {
    const problem = syncable.problemOf(id, fields.names);
    if (problem !== undefined)
      onProblem(
        new P2PError('DOCUMENT_UNSYNCABLE', `document ${JSON.stringify(id.slice(0, 80))} is not synced: ${problem}`),
      );
    return problem === undefined;
  }

  /** What was acknowledged since the last commit; worth no commit of its own. */
  function acknowledgement(): JournalChange {
    return acknowledged === journal.acknowledged ? {} : { acknowledged };
  }

  /** A new name for this replica's writes, which begin at 1 again. */
  function newIncarnation(): JournalChange {
    acknowledged = 0;
    return { incarnation: randomId(16), seq: 0, acknowledged };
  }

  /** A new local write with its content, for a push. */
  function pushed({ record: { id }, minted }: Observation, found: ReadonlyMap<string, StoredDocument>): Version[] {
    const document = found.get(id);
    if (minted === undefined || document === undefined) return [];
    const invalid = minted.deleted ? undefined : validate(bodyOf(document));
    if (invalid !== undefined) {
      const hint = 'validate local writes, with one of RxDB’s validation storages';
      onProblem(
        new P2PError('LOCAL_DOCUMENT_INVALID', `other devices will not show document ${id}: ${invalid}`, { hint }),
      );
    }
    const body = travelling(bodyText(document, minted, merge));
    if (body === undefined)
      onProblem(new P2PError('BODY_TOO_LARGE', `document ${id} is too large to travel`, { hint: 'split it' }));
    return [{ id, head: minted, body }];
  }

  /** What a document is to show: all its known heads and more, with contents where there are several. */
  function targetFor(
    id: string,
    more: readonly StoredHead[],
    document: StoredDocument | undefined,
    parsed: ReadonlyMap<StoredHead, Body>,
  ): Target | undefined {
    const record = journal.records.get(id);
    const [only] = more;
    if (record === undefined && more.length === 1 && only !== undefined) {
      return { id, heads: more, document, parsed: parsed.get(only) };
    }
    const withContents = (record?.heads ?? []).map((stored) => withContent(stored, document));
    const known = record?.pending === undefined ? withContents : uniteHeads(withContents, record.pending.heads);
    const heads = uniteHeads(known, more);
    if (heads === withContents && record?.pending === undefined) return undefined;
    return { id, heads, document };
  }

  function withContent(stored: StoredHead, document: StoredDocument | undefined): StoredHead {
    if (stored.body !== undefined || stored.hidden === true || document === undefined) return stored;
    return { ...stored, body: stored.head.deleted && !merge.keepsTombstones ? '{}' : JSON.stringify(bodyOf(document)) };
  }

  /**
   * Takes versions in and shows them, again where a local write came between; commits `last` with the final records.
   *
   * @returns ids of the documents whose heads changed
   */
  async function take(
    incoming: Heads,
    last: () => JournalChange = () => ({}),
    parsed: ReadonlyMap<StoredHead, Body> = new Map(),
  ): Promise<readonly string[]> {
    const changed = new Set<string>();
    let ids: readonly string[] = [...incoming.keys()];
    for (let round = 0; round === 0 || ids.length > 0; round++) {
      if (round === MAX_ROUNDS)
        throw new P2PError('STORAGE_FAILED', `${ids.length} documents change faster than they can be written`);
      const found = await find(ids);
      await journalLocal(found);
      const targets = ids.flatMap((id) => targetFor(id, incoming.get(id) ?? [], found.get(id), parsed) ?? []);
      for (const { id } of targets) changed.add(id);
      const change = last();
      if (targets.length === 0 && Object.keys(change).length === 0) break;
      ids = await showHeads(targets, showDeps, change);
    }
    return [...changed];
  }

  /** Writes the folds that a crash or a local write has left open. */
  async function refold(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    announce(null, await take(new Map(ids.map((id) => [id, []]))));
  }

  return {
    get actor() {
      return actor();
    },
    get vector() {
      return journal.vector;
    },
    journal,
    start: () =>
      queue.run(async () => {
        const incarnation = journal.incarnation === '' ? { incarnation: randomId(16) } : {};
        await journal.commit({ ...incarnation, epoch: { id: randomId(8), firstLsn: journal.lsn + 1 } });
        await catchUp();
        await refold([...journal.records.values()].filter(({ pending }) => pending !== undefined).map(({ id }) => id));
      }),
    hint(ids, checkpoint) {
      for (const id of ids) hinted.add(id);
      newestCheckpoint = checkpoint;
      if (ids.length === 0 || hintsQueued) return Promise.resolve();
      hintsQueued = true;
      return queue.run(async () => {
        hintsQueued = false;
        const noted = [...hinted];
        hinted.clear();
        if (!closed) await refold(await journalLocal(await find(noted), newestCheckpoint));
      });
    },
    catchUp: () => queue.run(catchUp),
    apply(incoming) {
      const asked = losses;
      return queue.run(async () => {
        if (closed) return;
        // What was asked for before the storage lost documents leaves them out: its versions count, its claim does not.
        await applyIncoming(asked === losses ? incoming : { ...incoming, claim: null, cursor: null });
      });
    },
    read: (vector, cursor) =>
      queue.run(async () => {
        for (let round = 0; round < MAX_ROUNDS; round++) {
          const { batch, stale } = await readBatch(vector, cursor, {
            documents,
            journal,
            batch: deps.batch ?? DEFAULT_BATCH,
          });
          if (stale === undefined) return batch;
          await recover([stale]);
        }
        throw new P2PError('STORAGE_FAILED', 'documents change faster than they can be read');
      }),
    headsOf: (id) =>
      queue.run(async () => {
        const heads = journal.records.get(id)?.heads ?? [];
        const document = (await find([id])).get(id);
        return heads.map((stored) => withContent(stored, document));
      }),
    compareAll: () => compareAll(),
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get acknowledged() {
      return acknowledged;
    },
    noteAcknowledged(seq) {
      if (seq > acknowledged) acknowledged = seq;
    },
    async close() {
      if (closed) return;
      closed = true;
      await queue.idle();
      if (acknowledged !== journal.acknowledged) await journal.commit({ acknowledged });
      await journal.close();
    },
  };

  async function applyIncoming({ versions, claim, cursor, range }: Incoming): Promise<void> {
    const me = actor();
    const claimed = Math.max(claim?.get(me) ?? 0, range?.actor === me ? range.seq : 0);
    const foreign = versions.some(({ head }) => head.actor === me && head.seq > journal.seq);
    // Others hold writes of ours that we do not know: never mint under that name again.
    if (claimed > journal.seq || foreign) await journal.commit(newIncarnation());

    const incoming = new Map<string, StoredHead[]>();
    const parsed = new Map<StoredHead, Body>();
    for (const version of versions) {
      if (covers(journal.vector, version.head)) continue;
      const { stored, body, problem } = checkVersion(version, rules);
      if (body !== undefined) parsed.set(stored, body);
      if (problem !== undefined) {
        onProblem(new P2PError('VERSION_QUARANTINED', `a version of document ${version.id} is kept aside: ${problem}`));
      }
      const heads = incoming.get(version.id);
      if (heads === undefined) incoming.set(version.id, [stored]);
      else heads.push(stored);
    }
    const before = journal.vector;
    let waiting: readonly PushRange[] = [];
    const changed = await take(
      incoming,
      () => {
        const plan = ranges.plan(claim === null ? journal.vector : joinVectors(journal.vector, claim), range);
        waiting = plan.waiting;
        return {
          // Only when every hint was followed does the checkpoint stand for all that is before it.
          ...(hinted.size === 0 && newestCheckpoint !== journal.checkpoint ? { checkpoint: newestCheckpoint } : {}),
          ...(plan.vector === journal.vector ? {} : { vector: plan.vector }),
          ...(cursor === null || (incoming.size === 0 && claim === null) ? {} : { cursors: [cursor] }),
        };
      },
      parsed,
    );
    ranges.keep(waiting);
    if (changed.length > 0 || journal.vector !== before) announce(null, changed);
  }

  /** A plain query costs a fraction of what paging by time does. @returns the checkpoint after what was read */
  async function firstRead(): Promise<unknown> {
    const sort = [{ '_meta.lwt': 'asc' }, { [primaryPath]: 'asc' }] as never;
    const query = prepareQuery(documents.schema, { selector: {}, sort, skip: 0, limit: FIRST_READ });
    const first = (await documents.query(query)).documents;
    const last = first[first.length - 1];
    if (last === undefined) return undefined;
    const checkpoint = { id: last[primaryPath], lwt: last._meta.lwt };
    await refold(await journalLocal(byId(first), checkpoint));
    return checkpoint;
  }

  async function catchUp(): Promise<void> {
    if (closed) return;
    let { checkpoint } = journal;
    if (checkpoint === undefined && documents.getChangedDocumentsSince === undefined) checkpoint = await firstRead();
    for (;;) {
      const changes = await getChangedDocumentsSince(documents, COMPARE_DOCUMENTS, checkpoint);
      if (changes.documents.length === 0) break;
      checkpoint = changes.checkpoint;
      await refold(await journalLocal(byId(changes.documents), checkpoint));
      if (changes.documents.length < COMPARE_DOCUMENTS) break;
    }
  }

  /** Local writes that no event has told of, or documents that storage has lost. */
  async function recover(ids: readonly string[]): Promise<void> {
    const found = await find(ids);
    await refold(await journalLocal(found));
    await dropLost(ids.filter((id) => !found.has(id)));
  }

  /**
   * Storage lost these documents, though the journal knows them live: forget their records, lower the vector so that
   * they are pulled again, and forget all cursors, which would skip them.
   */
  async function dropLost(ids: readonly string[]): Promise<void> {
    const lost = ids.filter((id) => {
      const record = journal.records.get(id);
      return record !== undefined && isLive(record) && record.rev !== '';
    });
    if (lost.length === 0) return;
    const vector = new Map(journal.vector);
    const lower = (name: string, seq: number): void => {
      if ((vector.get(name) ?? 0) >= seq) vector.set(name, seq - 1);
    };
    for (const id of lost) {
      for (const { head } of journal.records.get(id)?.heads ?? [])
        for (const dot of [head, ...head.past]) lower(dot.actor, dot.seq);
    }
    for (const [name, seq] of vector) if (seq === 0) vector.delete(name);
    losses++;
    ranges.keep([]);
    const mine = (vector.get(actor()) ?? 0) < journal.seq ? newIncarnation() : {};
    await journal.commit({
      dropped: lost,
      vector,
      cursors: journal.cursorNames().map((name) => [name, null] as const),
      ...mine,
    });
    onProblem(
      new P2PError(
        'STORAGE_LOST',
        `${lost.length} documents are gone from the storage without a delete; they are fetched again`,
      ),
    );
    announce(null, lost);
  }

  async function compareAll(): Promise<void> {
    let after = '';
    for (;;) {
      const more = await queue.run(async () => {
        if (closed) return undefined;
        const query = prepareQuery(documents.schema, {
          selector: { [primaryPath]: { $gt: after } },
          sort: [{ [primaryPath]: 'asc' }],
          skip: 0,
          limit: COMPARE_DOCUMENTS,
        });
        const page = (await documents.query(query)).documents;
        await refold(await journalLocal(byId(page)));
        return page.length < COMPARE_DOCUMENTS ? undefined : (page[page.length - 1]?.[primaryPath] as string);
      });
      if (more === undefined) break;
      after = more;
    }
    const live = [...journal.records.values()].filter(isLive).map(({ id }) => id);
    for (let i = 0; i < live.length; i += COMPARE_DOCUMENTS) {
      await queue.run(async () => {
        if (closed) return;
        const ids = live.slice(i, i + COMPARE_DOCUMENTS);
        const found = await find(ids);
        await dropLost(ids.filter((id) => !found.has(id)));
      });
    }
  }
}

/** The concurrent versions of a record that can be shown, for conflicts. */
export function concurrentVersions(heads: readonly StoredHead[]): ReturnType<typeof toShown> {
  return toShown(showable(heads));
}
