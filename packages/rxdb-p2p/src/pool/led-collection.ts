/** One collection in the tab that leads it: its journal, its replica, its sync session. Lives as long as the lead. */
import { createFieldHasher, P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection } from 'rxdb';
import { now } from 'rxdb';
import type { Identity, KeyStorage } from '../identity/identity.ts';
import { openJournal } from '../journal/journal.ts';
import type { Sidecar } from '../journal/sidecar.ts';
import { randomId } from '../random.ts';
import { type CollectionReplica, createCollectionReplica } from '../replica/collection-replica.ts';
import type { DocumentStorage } from '../replica/document.ts';
import type { MergePolicy } from '../replica/merge-policy.ts';
import { createValidator } from '../replica/schema.ts';
import { WRITE_CONTEXT } from '../replica/show.ts';
import type { TabLead } from '../tabs/election.ts';
import { type CollectionSync, createCollectionSync } from './collection-sync.ts';
import { type Contests, createContests } from './contests.ts';
import { createMigrateBody } from './migrate-body.ts';
import { storageProblem } from './storage-problem.ts';
import type { SyncMeter } from './sync-meter.ts';
import type { Timers } from './timers.ts';

export interface LedCollection {
  /** this replica's id */
  readonly id: string;
  readonly keyStorage: KeyStorage;
  readonly replica: CollectionReplica;
  readonly sync: CollectionSync;
  readonly contests: Contests;
}

export interface OpenLedCollection extends LedCollection {
  readonly identity: Identity;
  /** Waits for what is being written, but not for ever. */
  close(): Promise<void>;
}

export interface LedCollectionDeps {
  readonly collection: RxCollection;
  readonly lead: TabLead;
  /** Aborted when the lead is over, or the collection is closed. */
  readonly over: AbortSignal;
  readonly merge: MergePolicy;
  /** outlives this lead */
  readonly meter: SyncMeter;
  /** The storage has failed before: one write tells whether it can go on, before anything else. */
  readonly probes: boolean;
  readonly timers: Timers;
  readonly identity: () => Promise<Identity>;
  readonly openSidecar: () => Promise<Sidecar>;
  /** whose name in the journal has still to be given up, since another device has its key pair */
  readonly former: Identity | undefined;
  readonly onProblem: (problem: P2PError) => void;
  /** RxDB has still to move the documents to another schema. */
  readonly onMigrating: () => void;
  /** The collection is about to be read, and its storage has not failed: it will be open soon. */
  readonly onReading: () => void;
  /** Storage failed, or the lead is lost: nothing goes on. */
  readonly onFailure: (problem: P2PError) => void;
}

/** How long closing waits for what is being written, milliseconds. */
export const CLOSE_WITHIN_MS = 1_500;
/** Size of the probe, characters: of the order of what one batch of a catch-up writes. */
const PROBE_CHARACTERS = 1024 * 1024;
/** How often a collection that waits for its schema migration is looked at, milliseconds. */
const MIGRATION_POLL_MS = 500;
/** When a collection that was known before is compared with its journal, milliseconds after its start: not while it syncs. */
const COMPARE_AFTER_MS = 5_000;
/** How long what a first start has read waits for somebody to fetch it, milliseconds: devices have met by then. */
const FORGET_AFTER_MS = 10_000;

/** @throws P2PError `LEADERSHIP_LOST` when the lead is over before it is open */
export async function openLedCollection(deps: LedCollectionDeps): Promise<OpenLedCollection> {
  const { collection, lead, over, merge, meter, timers, onProblem } = deps;
  const cleanups: (() => unknown)[] = [];
  // RxDB's types differ by the collection's document type, which does not matter here.
  const documents = collection.internalStorageInstance as unknown as DocumentStorage;
  const schema = collection.schema.jsonSchema as unknown as Readonly<Record<string, unknown>>;

  async function close(): Promise<void> {
    // One that fails must not keep the others from closing; what failed was told.
    for (const cleanup of cleanups.splice(0).reverse()) await Promise.resolve(cleanup()).catch(fail);
  }

  const fail = (cause: unknown): void => deps.onFailure(storageProblem(cause));

  /** A conflict handler that never answers must not keep the database from closing. */
  async function closeInTime(replica: CollectionReplica): Promise<void> {
    const closed = replica.close().catch(fail);
    await new Promise<void>((resolve) => {
      const stopTimer = timers.after(CLOSE_WITHIN_MS, resolve);
      void closed.then(stopTimer).then(resolve);
    });
  }

  /** Never conclude from missing documents while RxDB is still moving them. */
  async function migrated(): Promise<void> {
    for (let told = false; collection.schema.version > 0 && (await needsMigration(collection)); told = true) {
      if (!told) {
        onProblem(new P2PError('MIGRATION_PENDING', `collection ${collection.name} waits for its schema migration`));
        deps.onMigrating();
      }
      await new Promise<void>((resolve) => timers.after(MIGRATION_POLL_MS, resolve));
      expectLead();
    }
  }

  function expectLead(): void {
    if (over.aborted) throw new P2PError('LEADERSHIP_LOST', 'the lead was over before the collection was open');
  }

  async function open(): Promise<OpenLedCollection> {
    await migrated();
    if (!deps.probes) deps.onReading();
    const identity = await deps.identity();
    const hasher = createFieldHasher();
    const sidecar = await deps.openSidecar();
    cleanups.push(() => sidecar.close());
    expectLead();
    if (deps.probes) {
      await probe(sidecar);
      deps.onReading();
    }
    expectLead();
    const journal = await openJournal({ sidecar, hasher, randomId, confirmLead: lead.confirm });
    const writeContext = `${WRITE_CONTEXT}-${randomId(8)}`;
    const replicaOf = ({ actorOf }: Identity): CollectionReplica =>
      createCollectionReplica({
        ...{ documents, journal, hasher, merge, randomId, now, onProblem, writeContext, onFailure: fail, actorOf },
        validate: createValidator(schema),
        migrate: createMigrateBody(collection, timers, onProblem),
      });
    if (deps.former !== undefined) await replicaOf(deps.former).renounce();
    const replica = replicaOf(identity);
    cleanups.push(() => closeInTime(replica));
    const abandon = (): void => {
      if (lead.over.reason !== 'handover') replica.abandon();
    };
    lead.over.addEventListener('abort', abandon);
    if (lead.over.aborted) abandon();
    const subscription = documents.changeStream().subscribe((bulk) => {
      const events = bulk.context === writeContext ? [] : bulk.events;
      replica.hint(events, bulk.checkpoint).catch(fail);
    });
    cleanups.push(() => subscription.unsubscribe());
    const known = journal.records.size;
    await replica.start(lead.stolen);
    expectLead();
    cleanups.push(timers.after(FORGET_AFTER_MS, () => replica.forgetRead()));
    const sync = createCollectionSync({ replica, timers, meter, onFailure: fail, onProblem });
    cleanups.push(() => sync.close());
    const contests = createContests(journal);
    replica.onCommit(({ changed }) => contests.update(changed));
    // When idle: writes that no checkpoint shows, since clocks go back and tabs overtake each other.
    if (known > 0) cleanups.push(timers.after(COMPARE_AFTER_MS, () => replica.compareAll().catch(fail)));
    const { replica: id, keyStorage } = identity;
    return { id, identity, keyStorage, replica, sync, contests, close };
  }

  /** What it costs to find out: one write of the size that has failed, and its removal. */
  async function probe(sidecar: Sidecar): Promise<void> {
    const key = `probe-${randomId(16)}`;
    await sidecar.insert([{ key, text: 'x'.repeat(PROBE_CHARACTERS) }]);
    await sidecar.remove([key]);
  }

  try {
    return await open();
  } catch (error) {
    await close();
    throw error;
  }
}

function needsMigration(collection: RxCollection): Promise<boolean> | boolean {
  const hasPlugin =
    Object.hasOwn(Object.getPrototypeOf(collection), 'migrationNeeded') || 'migrationNeeded' in collection;
  return hasPlugin && collection.migrationStrategies !== undefined ? collection.migrationNeeded() : false;
}
