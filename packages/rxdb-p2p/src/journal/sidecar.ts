/** The storage instance beside a collection that holds its journal: keyed rows of text, inserted once, never updated. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { RxJsonSchema, RxStorage, RxStorageInstance } from 'rxdb';
import { fillWithDefaultSettings, now, overwritable, prepareQuery } from 'rxdb';

export interface SidecarRow {
  /** primary key, at most 64 characters */
  readonly key: string;
  readonly text: string;
}

export interface Sidecar {
  /** Whether the storage encrypts the rows. */
  readonly encrypted: boolean;
  /** All rows, by key. */
  readAll(): Promise<readonly SidecarRow[]>;
  /** One atomic insert for each row. @returns false when a row with one of the keys is there already */
  insert(rows: readonly SidecarRow[]): Promise<boolean>;
  remove(keys: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface SidecarParams {
  // The parameters of storages differ per engine; RxDB's own types say `any` here, we never look into them.
  readonly storage: RxStorage<unknown, unknown>;
  readonly databaseName: string;
  readonly databaseInstanceToken: string;
  /** the name of the storage instance, unique in the database */
  readonly name: string;
  /** encrypts the rows where the storage can */
  readonly password?: string | undefined;
}

interface StoredRow {
  readonly key: string;
  readonly text: string;
}

/** RxDB's code for a schema with encrypted fields in a storage that cannot encrypt. */
const NO_ENCRYPTION = 'UT6';

const CONTEXT = 'rxdb-p2p-journal';

export function sidecarSchema(encrypted: boolean): RxJsonSchema<StoredRow> {
  return {
    version: 0,
    type: 'object',
    primaryKey: 'key',
    properties: { key: { type: 'string', maxLength: 64 }, text: { type: 'string' } },
    required: ['key', 'text'],
    ...(encrypted ? { encrypted: ['text'] as const } : {}),
  } as RxJsonSchema<StoredRow>;
}

/** The storage instance itself; also used to remove it. */
export async function openSidecarInstance(
  params: SidecarParams,
): Promise<RxStorageInstance<StoredRow, unknown, unknown>> {
  try {
    return await createInstance(params);
  } catch (error) {
    // A password without a storage that encrypts: RxDB itself writes everything in plain then, and so do we.
    if (params.password === undefined || (error as { readonly code?: unknown }).code !== NO_ENCRYPTION) throw error;
    return createInstance({ ...params, password: undefined });
  }
}

async function createInstance(params: SidecarParams): Promise<RxStorageInstance<StoredRow, unknown, unknown>> {
  const encrypted = params.password !== undefined;
  return params.storage.createStorageInstance<StoredRow>({
    databaseInstanceToken: params.databaseInstanceToken,
    databaseName: params.databaseName,
    collectionName: params.name,
    schema: fillWithDefaultSettings(sidecarSchema(encrypted)),
    options: {},
    multiInstance: false,
    devMode: overwritable.isDevMode(),
    ...(params.password === undefined ? {} : { password: params.password }),
  });
}

export async function openSidecar(params: SidecarParams): Promise<Sidecar> {
  const instance = await openSidecarInstance(params);
  let closed = false;
  return {
    encrypted: (instance.schema.encrypted ?? []).length > 0,
    async readAll() {
      const all = prepareQuery(instance.schema, { selector: {}, sort: [{ key: 'asc' }], skip: 0 });
      const { documents } = await instance.query(all);
      return documents.filter((row) => !row._deleted).map(({ key, text }) => ({ key, text }));
    },
    async insert(rows) {
      const writes = rows.map(({ key, text }) => ({ document: stored(key, text, false, 1) }));
      const { error } = await instance.bulkWrite(writes, CONTEXT);
      if (error.length === 0) return true;
      if (error.every(({ status }) => status === 409)) return false;
      throw new P2PError('STORAGE_FAILED', 'the storage refused a row of the journal', {
        got: error.map(({ status, documentId }) => `${status} for ${documentId}`).join(', '),
      });
    },
    async remove(keys) {
      const found = await instance.findDocumentsById([...keys], false);
      if (found.length === 0) return;
      const writes = found.map((previous) => ({ previous, document: stored(previous.key, '', true, 2) }));
      const { error } = await instance.bulkWrite(writes, CONTEXT);
      // A conflict: a tab that led before drops the same rows.
      if (error.some(({ status }) => status !== 409)) {
        throw new P2PError('STORAGE_FAILED', 'the storage refused to drop rows of the journal', {
          got: error.map(({ status, documentId }) => `${status} for ${documentId}`).join(', '),
        });
      }
      await instance.cleanup(0);
    },
    async close() {
      if (closed) return;
      closed = true;
      await instance.close();
    },
  };
}

function stored(key: string, text: string, deleted: boolean, height: number) {
  return { key, text, _deleted: deleted, _attachments: {}, _meta: { lwt: now() }, _rev: `${height}-p2p` };
}
