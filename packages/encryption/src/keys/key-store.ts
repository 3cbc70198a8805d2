/** The storage instance beside a database's collections that holds its wrapped keys: a few rows of text, by key. */
import { randomBytes } from '@noble/ciphers/utils.js';
import {
  fillWithDefaultSettings,
  getPrimaryFieldOfPrimaryKey,
  now,
  prepareQuery,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
} from 'rxdb';
import { hex } from '../cipher/bytes.ts';
import { EncryptionError } from '../errors.ts';

/** RxDB lets no collection begin with an underscore. */
export const KEY_STORE_NAME = '_encryption_keys';

export interface StoredRow {
  readonly key: string;
  readonly text: string;
  /** changes with every change of the row */
  readonly revision: string;
}

export interface KeyStore {
  read(key: string): Promise<StoredRow | undefined>;
  readAll(): Promise<readonly StoredRow[]>;
  /**
   * One atomic write: an insert where `before` is undefined, otherwise a change of exactly that state of the row.
   *
   * @returns false when the row is not what `before` says any more
   */
  write(key: string, text: string, before: StoredRow | undefined): Promise<boolean>;
  /** Whatever state it is in. */
  drop(key: string): Promise<void>;
  close(): Promise<void>;
  /** Removes all rows, and closes. */
  remove(): Promise<void>;
}

export interface KeyStoreParams {
  readonly storage: RxStorage<unknown, unknown>;
  readonly databaseName: string;
  readonly databaseInstanceToken: string;
  readonly options: unknown;
  readonly devMode: boolean;
}

interface Row {
  readonly key: string;
  readonly text: string;
}

const CONTEXT = 'encryption-keys';

const SCHEMA = fillWithDefaultSettings({
  version: 0,
  type: 'object',
  primaryKey: 'key',
  properties: { key: { type: 'string', maxLength: 200 }, text: { type: 'string' } },
  required: ['key', 'text'],
} as RxJsonSchema<Row>);

export async function openKeyStore({ storage, ...params }: KeyStoreParams): Promise<KeyStore> {
  const name = { collectionName: KEY_STORE_NAME, schema: SCHEMA, multiInstance: false };
  const instance: RxStorageInstance<Row, unknown, unknown> = await storage.createStorageInstance<Row>({
    ...params,
    ...name,
  });
  const find = async (key: string) => (await instance.findDocumentsById([key], true))[0];
  const store = async (key: string, text: string, deleted: boolean, before: Awaited<ReturnType<typeof find>>) => {
    const height = before === undefined ? 1 : Number.parseInt(before._rev, 10) + 1;
    const meta = {
      _deleted: deleted,
      _attachments: {},
      _meta: { lwt: now() },
      _rev: `${height}-${hex(randomBytes(8))}`,
    };
    const document = { key, text, ...meta };
    const { error } = await instance.bulkWrite(
      [before === undefined ? { document } : { previous: before, document }],
      CONTEXT,
    );
    if (error[0] === undefined) return true;
    if (error[0].status === 409) return false;
    throw new EncryptionError('STORAGE_FAILED', 'the storage refused a row with wrapped keys', {
      got: `status ${error[0].status}`,
    });
  };
  const drop = async (key: string) => {
    for (;;) {
      const before = await find(key);
      if (before === undefined || before._deleted || (await store(key, '', true, before))) return;
    }
  };
  return {
    async read(key) {
      const row = await find(key);
      return row === undefined || row._deleted ? undefined : { key, text: row.text, revision: row._rev };
    },
    async readAll() {
      const primary = getPrimaryFieldOfPrimaryKey(SCHEMA.primaryKey);
      const all = prepareQuery(instance.schema, { selector: {}, sort: [{ [primary]: 'asc' }], skip: 0 });
      const { documents } = await instance.query(all);
      return documents.filter((row) => !row._deleted).map(({ key, text, _rev }) => ({ key, text, revision: _rev }));
    },
    async write(key, text, before) {
      const stored = await find(key);
      const live = stored === undefined || stored._deleted ? undefined : stored;
      if (live?._rev !== before?.revision) return false;
      return store(key, text, false, stored);
    },
    async drop(key) {
      await drop(key);
    },
    close: () => instance.close(),
    remove: () => instance.remove(),
  };
}
