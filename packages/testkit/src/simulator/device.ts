/** One simulated device: a real document storage, a real journal, the real replica, sync session and connections. */

import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, createFieldHasher, P2PError } from '@rxdb-p2p/protocol';
import { fillWithDefaultSettings, type RxJsonSchema, type RxStorage } from 'rxdb';
import {
  acknowledgedSeq,
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
  type JournalLimits,
  type MergePolicy,
  openJournal,
  openSidecar,
  openSidecarInstance,
  type Registration,
  type Timers,
  WRITE_CONTEXT,
} from 'rxdb-p2p/testing';
import type { SimNetwork } from './network.ts';
import type { Random } from './random.ts';
import { createHandWrites, createUser, type HandWrites, type SimDocument, type User } from './user.ts';

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

/** What of a device can be watched from the moment its journal is read. */
export interface WatchedDevice {
  readonly name: string;
  readonly replica: CollectionReplica;
  readonly journal: Journal;
  readonly handWrites: HandWrites;
  /** Called with every change of the journal, at once. */
  onJournal(listener: (change: JournalChange) => void): void;
}

export interface Device extends WatchedDevice, User {
  readonly sync: CollectionSync;
  /** Every problem reported so far. */
  readonly problems: readonly P2PError[];
  /** What a process that starts now would find in the journal. */
  reread(): Promise<Journal>;
  close(): Promise<void>;
  /** Closes, and removes all that it stored: memory storages of one process share their content. */
  erase(): Promise<void>;
}

export interface DeviceOptions {
  readonly name: string;
  readonly storage: RxStorage<unknown, unknown>;
  readonly merge: (onProblem: (problem: P2PError) => void) => MergePolicy;
  readonly network: Pick<SimNetwork, 'factory'>;
  readonly time: Timers;
  readonly random: Random;
  /** added to virtual time, milliseconds: clocks run apart */
  readonly clockOffsetMs: number;
  readonly sends?: boolean;
  readonly journalLimits?: Partial<JournalLimits>;
  /** Whether all documents are compared with the journal after the start, as applications do; default: yes. */
  readonly comparesAll?: boolean;
  /** of the device's earlier processes, when it is opened again */
  readonly handWrites?: HandWrites;
  /** Called when the journal is read, before anything is written. */
  readonly onOpened?: (device: WatchedDevice) => void;
}

/** Virtual time starts here: documents need a date. */
const EPOCH_MS = 1_750_000_000_000;

export async function createDevice(options: DeviceOptions): Promise<Device> {
  const { name, storage, network, time, random, handWrites = createHandWrites() } = options;
  const problems: P2PError[] = [];
  const onProblem = (problem: P2PError): void => {
    problems.push(problem);
  };
  const onFailure = (cause: unknown): void => {
    onProblem(cause instanceof P2PError ? cause : new P2PError('STORAGE_FAILED', String(cause), { cause }));
  };
  const jsonSchema = fillWithDefaultSettings(simSchema) as unknown as Readonly<Record<string, unknown>>;
  const documents = await openDocuments(storage, name);
  const params = { storage, databaseName: name, databaseInstanceToken: name, name: 'journal' };
  const hasher = createFieldHasher();
  const randomId = (bytes: number): string => base64url(random.bytes(bytes));
  const readJournal = async (): Promise<Journal> =>
    openJournal({ sidecar: await openSidecar(params), hasher, randomId }, options.journalLimits);
  const opened = await readJournal();
  let onCommitted = (_change: JournalChange): void => undefined;
  const journal: Journal = Object.create(opened, {
    commit: {
      async value(change: JournalChange): Promise<void> {
        await opened.commit(change);
        onCommitted(change);
      },
    },
  });
  const now = createClock(time, options.clockOffsetMs);
  const policy = options.merge(onProblem);
  const replica = createCollectionReplica({
    ...{ documents, journal, hasher, randomId, now, onProblem, merge: policy },
    validate: createValidator(jsonSchema),
    // Small batches, so that scans have a middle.
    batch: { bytes: 400, records: 2 },
    actorOf: (incarnation) => base64url(sha256(new TextEncoder().encode(name + incarnation))).slice(0, 16),
  });
  const watched: WatchedDevice = {
    ...{ name, replica, journal, handWrites },
    onJournal(listener) {
      onCommitted = listener;
    },
  };
  options.onOpened?.(watched);
  const subscription = documents.changeStream().subscribe((bulk) => {
    const ids = bulk.context === WRITE_CONTEXT ? [] : bulk.events.map(({ documentId }) => documentId);
    replica.hint(ids, bulk.checkpoint).catch(onFailure);
  });
  await replica.start();
  const sync = createCollectionSync({ replica, timers: time, onFailure });
  sync.onStep(() => replica.noteAcknowledged(acknowledgedSeq(sync.state)));
  const hub: Hub = createHub({
    factory: network.factory(name),
    replica: base64url(sha256(new TextEncoder().encode(name))),
    session: random.bytes(16),
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
    problem: onProblem,
    transport: () => undefined,
  };
  hub.register('sim/room', registration);
  if (options.comparesAll !== false) replica.compareAll().catch(onFailure);

  async function close(): Promise<void> {
    subscription.unsubscribe();
    sync.close();
    await hub.close();
    await replica.close();
  }

  return {
    ...watched,
    ...createUser({ documents, now, randomId, handWrites }),
    ...{ sync, problems, close, reread: readJournal },
    async erase() {
      await close();
      await documents.remove();
      await (await openSidecarInstance(params)).remove();
    },
  };
}

/** RxDB's `now()`: two decimals, rising within one process. */
export function createClock(time: Timers, offsetMs: number): () => number {
  let last = 0;
  return () => {
    last = Math.round(Math.max(last + 0.01, EPOCH_MS + time.now() + offsetMs) * 100) / 100;
    return last;
  };
}

/** The documents of a device, as any process of it opens them. */
export async function openDocuments(storage: RxStorage<unknown, unknown>, name: string): Promise<DocumentStorage> {
  const instance = await storage.createStorageInstance<SimDocument>({
    databaseInstanceToken: name,
    databaseName: name,
    collectionName: 'items',
    schema: fillWithDefaultSettings(simSchema),
    options: {},
    multiInstance: false,
    devMode: false,
  });
  return instance as unknown as DocumentStorage;
}
