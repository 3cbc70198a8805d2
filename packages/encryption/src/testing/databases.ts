/** Databases for tests: on storages that outlive them, opened as often as a test likes. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import {
  addRxPlugin,
  createRxDatabase,
  fillWithDefaultSettings,
  getChangedDocumentsSince,
  hasEncryption,
  type RxCollection,
  type RxDatabase,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
} from 'rxdb';
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments';
import { RxDBCleanupPlugin } from 'rxdb/plugins/cleanup';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { RxDBUpdatePlugin } from 'rxdb/plugins/update';
import type { PlainDocument } from '../storage/document-codec.ts';
import type { Json } from '../storage/encrypted-paths.ts';
import { encryptedStorage } from '../storage/encrypted-storage.ts';
import { storedSchemaOf } from '../storage/stored-schema.ts';

export interface Note {
  id: string;
  title: string;
  secret?: string;
  rank?: number;
  nested?: { open?: string; hidden?: { deep: string } | string };
  list?: string[];
}

export const NOTES: RxJsonSchema<Note> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: {
    id: { type: 'string', maxLength: 100 },
    title: { type: 'string', maxLength: 100 },
    secret: { type: 'string' },
    rank: { type: 'number' },
    nested: {
      type: 'object',
      properties: { open: { type: 'string' }, hidden: {} as { type: 'string' } },
    },
    list: { type: 'array', items: { type: 'string' } },
  },
  required: ['id', 'title'],
  indexes: ['title'],
  encrypted: ['secret', 'nested.hidden', 'list'],
  attachments: { encrypted: true },
} as RxJsonSchema<Note>;

export type AnyStorage = RxStorage<unknown, unknown>;
export type Notes = RxCollection<Note>;
export type NotesDatabase = RxDatabase<{ notes: Notes }>;

let plugins = false;
let counter = 0;

/** @returns a name that no other test of this process uses */
export function freshName(): string {
  counter++;
  return `db${counter}`;
}

/** The storages that everything is tested on. Each call: an empty disk. */
export const STORAGES: Readonly<Record<'memory' | 'dexie', () => AnyStorage>> = {
  memory: () => getRxStorageMemory() as unknown as AnyStorage,
  dexie: () => getRxStorageDexie({ indexedDB: new IDBFactory(), IDBKeyRange }) as unknown as AnyStorage,
};

export interface OpenOptions {
  readonly disk: AnyStorage;
  readonly name: string;
  readonly password?: unknown;
  readonly schema?: RxJsonSchema<Note>;
  /** another tab of a database that is open */
  readonly tab?: boolean;
  /** around the encryption, as applications do with validators */
  readonly wrap?: (storage: AnyStorage) => AnyStorage;
}

export async function openNotes(options: OpenOptions): Promise<NotesDatabase> {
  const database = await openDatabase(options);
  await database.addCollections({ notes: { schema: options.schema ?? NOTES } });
  return database as unknown as NotesDatabase;
}

export async function openDatabase(options: OpenOptions): Promise<RxDatabase> {
  const { disk, name, password, tab = false, wrap = (same) => same } = options;
  if (!plugins) {
    plugins = true;
    for (const plugin of [RxDBAttachmentsPlugin, RxDBCleanupPlugin, RxDBMigrationSchemaPlugin, RxDBUpdatePlugin]) {
      addRxPlugin(plugin);
    }
  }
  // RxDB refuses a second database of a name, unless its storage has another name.
  const storage = wrap(encryptedStorage({ storage: disk }) as unknown as AnyStorage);
  return createRxDatabase({
    ...{ name, storage: tab ? { ...storage, name: `tab ${++counter}` } : storage, password },
    // Collections are removed and opened again many times; nothing here waits for idle pages.
    cleanupPolicy: { waitForLeadership: false, runEach: 1e9, minimumCollectionAge: 1e9 },
  });
}

/** The storage's own instance of a collection: what an attacker with the disk sees, and can change. */
export async function openRaw(
  disk: AnyStorage,
  databaseName: string,
  collectionName = 'notes',
  schema: RxJsonSchema<Note> = NOTES,
  multiInstance = false,
): Promise<RawInstance> {
  const given = schema as unknown as RxJsonSchema<PlainDocument>;
  // RxDB's own schemas have their default settings already, and more indexes were more tables.
  const filled = '_rev' in given.properties ? given : fillWithDefaultSettings(given);
  const stored = hasEncryption(filled) ? storedSchemaOf(filled, collectionName).schema : filled;
  counter++;
  const place = { databaseName, collectionName, databaseInstanceToken: `raw${counter}`, options: {} };
  const instance = await disk.createStorageInstance({ ...place, schema: stored, multiInstance, devMode: false });
  return instance as unknown as RawInstance;
}

export type RawInstance = RxStorageInstance<Json, unknown, unknown, { id: string; lwt: number } | undefined>;

/** All rows of an instance, deleted ones too. */
export async function rawRows(instance: RawInstance): Promise<PlainDocument[]> {
  const { documents } = await getChangedDocumentsSince<Json, { id: string; lwt: number } | undefined>(instance, 1e6);
  return documents;
}

/** Overwrites a row as it lies on the disk: same revision, nothing checked. */
export async function overwriteRaw(instance: RawInstance, before: PlainDocument, after: PlainDocument): Promise<void> {
  const { error } = await instance.bulkWrite([{ previous: before, document: after }], 'attack');
  if (error.length > 0) throw new Error(`the test could not overwrite: ${error[0]?.status}`);
}
