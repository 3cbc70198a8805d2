/** One simulated device: a real document storage, a real journal, the real replica, sync session and connections. */

import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, createFieldHasher, type P2PError } from '@rxdb-p2p/protocol';
import { fillWithDefaultSettings, type RxJsonSchema, type RxStorage } from 'rxdb';
import {
  type CollectionReplica,
  type CollectionSync,
  createCollectionReplica,
  createCollectionSync,
  createHub,
  createValidator,
  type DocumentStorage,
  type Hub,
  hashSchema,
  type Journal,
  type JournalChange,
  type MergePolicy,
  openJournal,
  openSidecar,
  openSidecarInstance,
  type Registration,
  type StoredDocument,
  WRITE_CONTEXT,
} from 'rxdb-p2p/testing';
import type { SimNetwork } from './network.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SimDocument {
  readonly id: string;
  readonly [field: string]: unknown;
}

export const simSchema: RxJsonSchema<SimDocument> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: {
    id: { type: 'string', maxLength: 40 },
    text: { type: 'string' },
    count: { type: 'number' },
    tags: { type: 'array', items: { type: 'string' } },
    nested: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'string' } } },
  },
  required: ['id'],
};

export interface Device {
  readonly name: string;
  readonly replica: CollectionReplica;
  readonly journal: Journal;
  readonly sync: CollectionSync;
  /** Writes as RxDB's outer layer would: `undefined` deletes. Resolves once the storage has it. */
  write(id: string, change: (before: SimDocument | undefined) => SimDocument | undefined): Promise<void>;
  /** Revisions that `write` made, with the revision that the writer saw; empty: no document. */
  readonly madeOn: ReadonlyMap<string, string>;
  /** Called with every change of the journal, at once. */
  onJournal(listener: (change: JournalChange) => void): void;
  /** Documents that are shown, by id. */
  documents(): Promise<ReadonlyMap<string, SimDocument>>;
  /** Every problem reported so far. */
  readonly problems: readonly P2PError[];
  close(): Promise<void>;
}

export interface DeviceOptions {
  readonly name: string;
  readonly storage: RxStorage<unknown, unknown>;
  readonly merge: (onProblem: (problem: P2PError) => void) => MergePolicy;
  readonly network: SimNetwork;
  readonly time: VirtualTime;
  readonly random: Random;
  /** added to virtual time, milliseconds: clocks run apart */
  readonly clockOffsetMs: number;
  readonly sends?: boolean;
}

/** Virtual time starts here: documents need a date. */
const EPOCH_MS = 1_750_000_000_000;

export async function createDevice(options: DeviceOptions): Promise<Device> {
  const { name, storage, merge, network, time, random, clockOffsetMs } = options;
  const problems: P2PError[] = [];
  const onProblem = (problem: P2PError): void => {
    problems.push(problem);
  };
  const schema = fillWithDefaultSettings(simSchema);
  const documents = (await storage.createStorageInstance<SimDocument>({
    databaseInstanceToken: name,
    databaseName: name,
    collectionName: 'items',
    schema,
    options: {},
    multiInstance: false,
    devMode: false,
  })) as unknown as DocumentStorage;
  const params = { storage, databaseName: name, databaseInstanceToken: name, name: 'journal' };
  const hasher = createFieldHasher();
  const randomId = (bytes: number): string => base64url(random.bytes(bytes));
  const opened = await openJournal({ sidecar: await openSidecar(params), hasher, randomId });
  const madeOn = new Map<string, string>();
  let onCommitted = (_change: JournalChange): void => undefined;
  const journal: Journal = Object.create(opened, {
    commit: {
      async value(change: JournalChange): Promise<void> {
        await opened.commit(change);
        onCommitted(change);
      },
    },
  });
  let lastNow = 0;
  // RxDB's now(): two decimals, rising within one process.
  const now = (): number => {
    lastNow = Math.max(lastNow + 0.01, EPOCH_MS + time.now() + clockOffsetMs);
    lastNow = Math.round(lastNow * 100) / 100;
    return lastNow;
  };
  const policy = merge(onProblem);
  const jsonSchema = schema as unknown as Readonly<Record<string, unknown>>;
  const replica = createCollectionReplica({
    ...{ documents, journal, hasher, randomId, now, onProblem, merge: policy },
    validate: createValidator(jsonSchema),
    // Small batches, so that scans have a middle.
    batch: { bytes: 400, records: 2 },
    actorOf: (incarnation) => base64url(sha256(new TextEncoder().encode(name + incarnation))).slice(0, 16),
  });
  const subscription = documents.changeStream().subscribe((bulk) => {
    const ids = bulk.context === WRITE_CONTEXT ? [] : bulk.events.map(({ documentId }) => documentId);
    void replica.hint(ids, bulk.checkpoint);
  });
  await replica.start();
  const sync = createCollectionSync({ replica, timers: time, onFailure: onProblem });
  const hub: Hub = createHub({
    factory: network.factory(name),
    replica: base64url(sha256(new TextEncoder().encode(name))),
    timers: time,
    randomBytes: random.bytes,
    wallClock: now,
  });
  const registration: Registration = {
    offer: {
      room: 'sim/room',
      collection: 'items',
      schemaVersion: 0,
      schemaHash: hashSchema(jsonSchema),
      mergeMode: policy.mode,
      sends: options.sends ?? true,
      receives: true,
    },
    isPeerValid: () => true,
    opened: (channel) => sync.joined(channel.id, channel),
    received: (channel, frame) => sync.received(channel.id, frame),
    closed: (channel) => sync.left(channel.id),
    refused: () => undefined,
    gone: () => undefined,
    problem(error) {
      if (error !== undefined) onProblem(error);
    },
  };
  hub.register('sim/room', registration);

  async function find(id: string): Promise<StoredDocument | undefined> {
    return (await documents.findDocumentsById([id], true))[0];
  }

  return {
    name,
    replica,
    journal,
    sync,
    problems,
    madeOn,
    onJournal(listener) {
      onCommitted = listener;
    },
    async write(id, change) {
      for (;;) {
        const previous = await find(id);
        const before = previous === undefined || previous._deleted ? undefined : strip(previous);
        const after = change(before);
        if (after === undefined && before === undefined) return;
        const height = Number.parseInt(previous?._rev ?? '0', 10) + 1;
        const body = after ?? (before as SimDocument);
        const document: StoredDocument = {
          ...body,
          _deleted: after === undefined,
          _attachments: {},
          // RxDB drops the other entries of _meta when a deleted document is inserted again.
          _meta: { ...(before === undefined ? {} : previous?._meta), lwt: now() },
          _rev: `${height}-${randomId(6)}`,
        };
        const row = previous === undefined ? { document } : { previous, document };
        madeOn.set(document._rev, previous?._rev ?? '');
        const { error } = await documents.bulkWrite([row], 'simulated-user');
        if (error.length === 0) return;
      }
    },
    async documents() {
      const shown = new Map<string, SimDocument>();
      for (const id of journal.records.keys()) {
        const document = await find(id);
        if (document !== undefined && !document._deleted) shown.set(id, strip(document));
      }
      return shown;
    },
    async close() {
      subscription.unsubscribe();
      sync.close();
      await hub.close();
      await replica.close();
      // Memory storages of one process share their content: the next run must start with nothing.
      await documents.remove();
      await (await openSidecarInstance(params)).remove();
    },
  };
}

function strip(document: StoredDocument): SimDocument {
  const { _deleted, _attachments, _meta, _rev, ...body } = document;
  return body as SimDocument;
}
