/** One collection on this device: leads it when it can, and then replicates it for all its pools. */
import { createFieldHasher, P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection } from 'rxdb';
import { defaultConflictHandler, now, overwritable } from 'rxdb';
import type { Identity } from '../identity/identity.ts';
import { openJournal } from '../journal/journal.ts';
import type { Sidecar } from '../journal/sidecar.ts';
import { randomId } from '../random.ts';
import { type CollectionReplica, createCollectionReplica } from '../replica/collection-replica.ts';
import type { DocumentStorage } from '../replica/document.ts';
import { createFieldsPolicy, createHandlerPolicy, type MergePolicy } from '../replica/merge-policy.ts';
import { createValidator, hashSchema } from '../replica/schema.ts';
import { WRITE_CONTEXT } from '../replica/show.ts';
import { type CollectionSync, createCollectionSync } from './collection-sync.ts';
import { type Contests, createContests } from './contests.ts';
import type { Leadership } from './leadership.ts';
import type { Timers } from './timers.ts';

/** What there is once this tab leads the collection. */
export interface LedCollection {
  /** this replica's id */
  readonly id: string;
  readonly replica: CollectionReplica;
  readonly sync: CollectionSync;
  readonly contests: Contests;
}

export interface CollectionNode {
  readonly collection: RxCollection;
  readonly schemaHash: string;
  readonly mergeMode: string;
  /** Resolves when this tab leads and the journal is read. Rejects when it is closed first, or when storage fails. */
  readonly led: Promise<LedCollection>;
  onProblem(listener: (problem: P2PError) => void): () => void;
  /** Storage failed for good, or another tab has taken over. */
  onFailure(listener: (problem: P2PError) => void): () => void;
  /** Makes sure that every delete is in the journal. @returns false: this tab does not lead, so it cannot */
  journalDeletes(): Promise<boolean>;
  close(): Promise<void>;
}

export interface CollectionNodeDeps {
  readonly collection: RxCollection;
  readonly conflictHandlerVersion: string;
  readonly leadership: Leadership;
  readonly timers: Timers;
  readonly identity: () => Promise<Identity>;
  readonly openSidecar: () => Promise<Sidecar>;
}

/** How long closing waits for what is being written, milliseconds. */
const CLOSE_WITHIN_MS = 1_500;
/** How often a collection that waits for its schema migration is looked at, milliseconds. */
const MIGRATION_POLL_MS = 500;

/** When a collection that was known before is compared with its journal, milliseconds after its start: not while it syncs. */
const COMPARE_AFTER_MS = 5_000;

export function createCollectionNode(deps: CollectionNodeDeps): CollectionNode {
  const { collection, leadership, timers } = deps;
  const stop = new AbortController();
  const problems = new Set<(problem: P2PError) => void>();
  const failures = new Set<(problem: P2PError) => void>();
  const cleanups: (() => unknown)[] = [];
  let leading: LedCollection | undefined;
  const schema = collection.schema.jsonSchema as unknown as Readonly<Record<string, unknown>>;
  // RxDB's types differ by the collection's document type, which does not matter here.
  const documents = collection.internalStorageInstance as unknown as DocumentStorage;

  const onProblem = (problem: P2PError): void => {
    for (const listener of problems) listener(problem);
  };
  const onFailure = (problem: P2PError): void => {
    for (const listener of failures) listener(problem);
  };
  const merge: MergePolicy =
    collection.conflictHandler === defaultConflictHandler
      ? createFieldsPolicy()
      : createHandlerPolicy(collection.conflictHandler, {
          version: deps.conflictHandlerVersion,
          checkDeterminism: overwritable.isDevMode(),
          onProblem,
        });

  async function lead(): Promise<LedCollection> {
    const release = await leadership.acquire(`rxdb-p2p/${collection.database.name}/${collection.name}`, stop.signal);
    cleanups.push(release);
    await migrated();
    const identity = await deps.identity();
    const hasher = createFieldHasher();
    const journal = await openJournal({ sidecar: await deps.openSidecar(), hasher, randomId });
    cleanups.push(() => journal.close());
    stop.signal.throwIfAborted();
    const { actorOf } = identity;
    const validate = createValidator(schema);
    const replica = createCollectionReplica({
      documents,
      journal,
      hasher,
      merge,
      validate,
      actorOf,
      randomId,
      now,
      onProblem,
    });
    // A conflict handler that never answers must not keep the database from closing.
    cleanups.push(() =>
      Promise.race([
        replica.close(),
        new Promise((resolve) => timers.after(CLOSE_WITHIN_MS, () => resolve(undefined))),
      ]),
    );
    const subscription = documents.changeStream().subscribe((bulk) => {
      const ids = bulk.context === WRITE_CONTEXT ? [] : bulk.events.map(({ documentId }) => documentId);
      replica.hint(ids, bulk.checkpoint).catch(fail);
    });
    cleanups.push(() => subscription.unsubscribe());
    const known = journal.records.size;
    await replica.start();
    stop.signal.throwIfAborted();
    const sync = createCollectionSync({ replica, timers, onFailure });
    cleanups.push(() => sync.close());
    const contests = createContests(journal);
    replica.onCommit(({ changed }) => contests.update(changed));
    // When idle: writes that no checkpoint shows, since clocks go back and tabs overtake each other.
    if (known > 0) cleanups.push(timers.after(COMPARE_AFTER_MS, () => replica.compareAll().catch(fail)));
    leading = { id: identity.replica, replica, sync, contests };
    cleanups.push(() => {
      leading = undefined;
    });
    return leading;
  }

  function fail(cause: unknown): void {
    if (stop.signal.aborted) return;
    onFailure(
      cause instanceof P2PError
        ? cause
        : new P2PError('STORAGE_FAILED', 'the storage failed', { cause, got: String(cause) }),
    );
  }

  /** Never conclude from missing documents while RxDB is still moving them. */
  async function migrated(): Promise<void> {
    while (collection.schema.version > 0 && (await needsMigration())) {
      onProblem(new P2PError('MIGRATION_PENDING', `collection ${collection.name} waits for its schema migration`));
      await new Promise<void>((resolve) => timers.after(MIGRATION_POLL_MS, resolve));
      stop.signal.throwIfAborted();
    }
  }

  function needsMigration(): Promise<boolean> | boolean {
    const hasPlugin =
      Object.hasOwn(Object.getPrototypeOf(collection), 'migrationNeeded') || 'migrationNeeded' in collection;
    return hasPlugin && collection.migrationStrategies !== undefined ? collection.migrationNeeded() : false;
  }

  const led = lead();
  // A pool that does not exist any more has nobody to tell.
  led.catch(fail);

  return {
    collection,
    schemaHash: hashSchema(schema),
    mergeMode: merge.mode,
    led,
    onProblem(listener) {
      problems.add(listener);
      return () => problems.delete(listener);
    },
    onFailure(listener) {
      failures.add(listener);
      return () => failures.delete(listener);
    },
    async journalDeletes() {
      await leading?.replica.catchUp();
      return leading !== undefined;
    },
    async close() {
      if (stop.signal.aborted) return;
      stop.abort(new P2PError('CANCELLED', 'the pool was cancelled'));
      await led.catch(() => undefined);
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    },
  };
}
