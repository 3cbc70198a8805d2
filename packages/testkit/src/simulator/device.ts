/** One simulated device: a real document storage, a real journal, the real replica, sync session and connections. */

import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, createFieldHasher, P2PError } from '@rxdb-p2p/protocol';
import { deriveTopicKeys, type TopicKeys } from '@rxdb-p2p/protocol/secrecy';
import { fillWithDefaultSettings, prepareQuery, type RxJsonSchema, type RxStorage } from 'rxdb';
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
  type Sidecar,
  type Timers,
  WRITE_CONTEXT,
} from 'rxdb-p2p/testing';
import { DISK_TIME } from './disk.ts';
import type { SimNetwork } from './network.ts';
import { createPlainHandshake } from './plain-handshake.ts';
import type { Random } from './random.ts';
import { createHandWrites, createUser, type HandWrites, type SimDocument, type User } from './user.ts';

const TOPIC: TopicKeys = deriveTopicKeys(undefined, { namespace: 'sim', topic: 'room' });

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
  /** Removes tombstones for good, as the plugin lets RxDB's cleanup do: when all deletes are journaled. */
  purge(): Promise<void>;
  /** Resolves when all documents have been compared with the journal, as they are some time after the start. */
  readonly compared: Promise<void>;
  /** How many rows the journal has on disk. */
  journalRows(): Promise<number>;
  /** What a process that starts now would find in the journal. */
  reread(): Promise<Journal>;
  close(): Promise<void>;
  /** Closes, and removes all that it stored: memory storages of one process share their content. */
  erase(): Promise<void>;
}

/** Parts of a device replaced by broken ones, to see that it is noticed. */
export interface Sabotage {
  readonly documents?: (documents: DocumentStorage) => DocumentStorage;
  readonly sidecar?: (sidecar: Sidecar) => Sidecar;
  readonly journal?: (journal: Journal) => Journal;
  readonly replica?: (replica: CollectionReplica) => CollectionReplica;
}

export interface DeviceOptions {
  readonly name: string;
  readonly storage: RxStorage<unknown, unknown>;
  readonly merge: (onProblem: (problem: P2PError) => void) => MergePolicy;
  readonly network: Pick<SimNetwork, 'factory'>;
  readonly time: Timers;
  readonly random: Random;
  /** added to virtual time, milliseconds: clocks run apart, and jump */
  readonly clockOffsetMs: number | (() => number);
  /** which tab of the device this is; default: the only one */
  readonly tab?: string;
  /** The lead was taken from a tab that may still write. */
  readonly stolen?: boolean;
  /** Runs what comes in from the network, when the process can; default: at once. */
  readonly enter?: (run: () => void) => void;
  /** whose name it writes under: of the device that its profile was copied from; default: its own */
  readonly writesAs?: string;
  /** which key pair it has, by a name: a copied profile brings that of another device; default: its own */
  readonly keyPair?: string;
  /** Whether a session, in hexadecimal digits, is one of this device's tabs; default: any is. */
  readonly isOwnTab?: (session: string) => boolean;
  /** Called with the session of this tab, in hexadecimal digits, before it connects. */
  readonly onSession?: (session: string) => void;
  /** Another device has its key pair. @param yields whether it is this one that takes another */
  readonly onCloned?: (yields: boolean) => void;
  readonly sends?: boolean;
  /** Whether it takes what a replica sends, by its id; default: of all. */
  readonly mayWrite?: (replica: string) => boolean;
  readonly journalLimits?: Partial<JournalLimits>;
  /** Whether all documents are compared with the journal after the start, as applications do; default: yes. */
  readonly comparesAll?: boolean;
  /** of the device's earlier processes, when it is opened again */
  readonly handWrites?: HandWrites;
  /** Called when the journal is read, before anything is written. */
  readonly onOpened?: (device: WatchedDevice) => void;
  /** Called with every problem, at once. */
  readonly onProblem?: (problem: P2PError) => void;
  readonly sabotage?: Sabotage;
}

/** Virtual time starts here: documents need a date. */
const EPOCH_MS = 1_750_000_000_000;

export async function createDevice(options: DeviceOptions): Promise<Device> {
  const { name, storage, network, time, random, handWrites = createHandWrites(), sabotage = {} } = options;
  const { keyPair = name, onCloned = () => undefined } = options;
  const unchanged = <T>(part: T): T => part;
  const { sidecar: asSidecar = unchanged, journal: asJournal = unchanged } = sabotage;
  const problems: P2PError[] = [];
  const onProblem = (problem: P2PError): void => {
    problems.push(problem);
    options.onProblem?.(problem);
  };
  const onFailure = (cause: unknown): void => {
    onProblem(cause instanceof P2PError ? cause : new P2PError('STORAGE_FAILED', String(cause), { cause }));
  };
  const jsonSchema = fillWithDefaultSettings(simSchema) as unknown as Readonly<Record<string, unknown>>;
  const documents = await openDocuments(storage, name);
  const replicaDocuments = (sabotage.documents ?? unchanged)(documents);
  const params = { storage, databaseName: name, databaseInstanceToken: name, name: 'journal' };
  const hasher = createFieldHasher();
  const randomId = (bytes: number): string => base64url(random.bytes(bytes));
  const readJournal = async (): Promise<Journal> =>
    asJournal(
      await openJournal({ sidecar: asSidecar(await openSidecar(params)), hasher, randomId }, options.journalLimits),
    );
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
  const writeContext = `${WRITE_CONTEXT}${options.tab ?? ''}`;
  const real = createCollectionReplica({
    ...{ journal, hasher, randomId, now, onProblem, writeContext, merge: policy },
    documents: replicaDocuments,
    validate: createValidator(jsonSchema),
    // Small batches, so that scans have a middle.
    batch: { bytes: 400, records: 2 },
    actorOf: (incarnation) =>
      base64url(sha256(new TextEncoder().encode((options.writesAs ?? keyPair) + incarnation))).slice(0, 16),
  });
  const replica = (sabotage.replica ?? unchanged)(real);
  const watched: WatchedDevice = {
    ...{ name, replica, journal, handWrites },
    onJournal(listener) {
      onCommitted = listener;
    },
  };
  options.onOpened?.(watched);
  const subscription = documents.changeStream().subscribe((bulk) => {
    const events = bulk.context === writeContext ? [] : bulk.events;
    replica.hint(events, bulk.checkpoint).catch(onFailure);
  });
  await replica.start(options.stolen);
  const sync = createCollectionSync({ replica, timers: time, onFailure, onProblem });
  sync.onStep(() => replica.noteAcknowledged(acknowledgedSeq(sync.state)));
  const replicaId = sha256(new TextEncoder().encode(keyPair));
  const session = random.bytes(16);
  options.onSession?.(Buffer.from(session).toString('hex'));
  let channels = 0;
  const hub: Hub = createHub({
    factory: network.factory(name, options.tab, options.enter),
    replica: base64url(replicaId),
    handshake: (handshake) => createPlainHandshake(replicaId, handshake),
    session,
    timers: time,
    randomBytes: random.bytes,
    wallClock: now,
    isOwnTab: async (other) => options.isOwnTab?.(other) ?? true,
    isBlocked: () => false,
    nameChannel: () => String(++channels),
    onCloned,
  });
  const registration: Registration = {
    offer: {
      room: TOPIC.room,
      openKey: TOPIC.open,
      collection: 'items',
      schemaVersion: 0,
      schemaHash: hashSchema(jsonSchema),
      mergeMode: policy.mode,
      sends: options.sends ?? true,
      receives: true,
    },
    // Sync must not depend on clocks.
    maxClockDifferenceMs: Number.POSITIVE_INFINITY,
    rightsOf: async (peer) => ({ read: true, write: options.mayWrite?.(peer) ?? true }),
    opened: (channel) => sync.joined(channel.id, channel),
    received: (channel, frame) => sync.received(channel.id, frame),
    closed: (channel) => sync.left(channel.id),
    refused: () => undefined,
    gone: () => undefined,
    problem: onProblem,
    refusedSignal: () => undefined,
    unreachable: () => undefined,
    transport: () => undefined,
  };
  hub.register(TOPIC, registration);
  const compared = options.comparesAll === false ? Promise.resolve() : replica.compareAll().catch(onFailure);

  async function close(): Promise<void> {
    subscription.unsubscribe();
    sync.close();
    await hub.close();
    await replica.close();
  }

  return {
    ...watched,
    ...createUser({ documents, now, randomId, handWrites }),
    ...{ sync, problems, close, compared, reread: readJournal },
    async journalRows() {
      const sidecar = await openSidecar(params);
      const { length } = await sidecar.readAll();
      await sidecar.close();
      return length;
    },
    async purge() {
      const before = now();
      await replica.catchUp();
      const query = prepareQuery(documents.schema, {
        selector: { _deleted: true } as never,
        sort: [{ id: 'asc' }],
        skip: 0,
      });
      const deleted = (await documents.query(query)).documents;
      // One of this moment stays for the next time.
      const isKnown = deleted.every((document) => journal.records.get(document['id'] as string)?.rev === document._rev);
      if (isKnown) await documents.cleanup(DISK_TIME - before);
    },
    async erase() {
      await close();
      await documents.remove();
      await (await openSidecarInstance(params)).remove();
    },
  };
}

/** RxDB's `now()`: two decimals, rising within one process. */
export function createClock(time: Timers, offsetMs: number | (() => number)): () => number {
  let last = 0;
  const offset = typeof offsetMs === 'number' ? () => offsetMs : offsetMs;
  return () => {
    last = Math.round(Math.max(last + 0.01, EPOCH_MS + time.now() + offset()) * 100) / 100;
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
