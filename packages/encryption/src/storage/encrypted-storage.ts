/** The storage wrapper: any RxStorage, with the fields and attachments that a schema calls `encrypted` encrypted. */
import {
  getPrimaryFieldOfPrimaryKey,
  hasEncryption,
  INTERNAL_STORAGE_NAME,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
  type RxStorageInstanceCreationParams,
} from 'rxdb';
import { type KeyStoreParams, openKeyStore } from '../keys/key-store.ts';
import type { PlainDocument } from './document-codec.ts';
import { createEncryptedInstance, type Instance } from './encrypted-instance.ts';
import type { Json } from './encrypted-paths.ts';
import { registerInstance, unregisterInstance } from './instance-register.ts';
import { withoutPasswordHash } from './internal-store.ts';
import { createOpenVaults, type OpenVaults } from './open-vaults.ts';
import { storedSchemaOf } from './stored-schema.ts';

export interface EncryptedStorageOptions<Internals, Options> {
  /** where documents are kept, encrypted */
  readonly storage: RxStorage<Internals, Options>;
}

/**
 * Property of a storage that can encrypt, with which its open databases are found. Registered globally, so that code that
 * does not import this package can ask whether a storage protects what its schema calls `encrypted`.
 */
export const ENCRYPTION: unique symbol = Symbol.for('rxdb-p2p-encryption');

export type EncryptedStorage<Internals, Options> = RxStorage<Internals, Options> & {
  readonly [ENCRYPTION]: OpenVaults;
};

/**
 * @throws EncryptionError, from `createRxDatabase`: `WRONG_PASSWORD`, `PASSWORD_INVALID`, `KEYS_UNREADABLE`; from
 *   `addCollections`: `PASSWORD_REQUIRED`, `SCHEMA_UNSUPPORTED`
 */
export function encryptedStorage<Internals, Options>({
  storage,
}: EncryptedStorageOptions<Internals, Options>): EncryptedStorage<Internals, Options> {
  // What an inner storage's parameters are does not matter here, only that they are passed on.
  const inner = storage as unknown as RxStorage<unknown, unknown>;
  const vaults = createOpenVaults(inner);
  const create = async (params: Params): Promise<Instance> => {
    if (params.collectionName === INTERNAL_STORAGE_NAME) return openInternalStore(inner, vaults, params);
    if (!hasEncryption(params.schema)) return inner.createStorageInstance(params) as Promise<Instance>;
    return openEncrypted(inner, vaults, params);
  };
  return {
    name: `encrypted-${storage.name}`,
    rxdbVersion: storage.rxdbVersion,
    [ENCRYPTION]: vaults,
    createStorageInstance: <RxDocType>(params: RxStorageInstanceCreationParams<RxDocType, Options>) =>
      create(params as unknown as Params) as unknown as Promise<RxStorageInstance<RxDocType, Internals, Options>>,
  };
}

type Params = RxStorageInstanceCreationParams<Json, unknown>;

async function openEncrypted(
  inner: RxStorage<unknown, unknown>,
  vaults: OpenVaults,
  { password, ...params }: Params,
): Promise<Instance> {
  const { collectionName, multiInstance } = params;
  const schema = params.schema as RxJsonSchema<PlainDocument>;
  const stored = storedSchemaOf(schema, collectionName);
  const { vault, problems, release } = await vaults.open(params, password);
  try {
    const { paths, attachments } = stored;
    await registerInstance(vault.store, { collection: collectionName, schema: stored.schema, paths, attachments });
    const instance = (await inner.createStorageInstance({ ...params, schema: stored.schema })) as Instance;
    return createEncryptedInstance({
      ...{ instance, schema, stored, multiInstance, vault, problems },
      primaryPath: getPrimaryFieldOfPrimaryKey(schema.primaryKey) as string,
      onRemove: () => unregisterInstance(vault.store, collectionName, schema.version),
      onClosed: release,
    });
  } catch (error) {
    await release();
    throw error;
  }
}

/** The first instance of a database: its password is checked before anything is read. */
async function openInternalStore(
  inner: RxStorage<unknown, unknown>,
  vaults: OpenVaults,
  { password, ...params }: Params,
): Promise<Instance> {
  const opened = password === undefined ? undefined : await vaults.open(params, password);
  try {
    const instance = (await inner.createStorageInstance(params)) as Instance;
    withoutPasswordHash(instance, params.databaseInstanceToken);
    const close = instance.close.bind(instance);
    const remove = instance.remove.bind(instance);
    let ended: Promise<void> | undefined;
    let removing = false;
    instance.close = () => {
      // Storages may close themselves when they are removed.
      if (removing) return close();
      ended ??= close().then(() => opened?.release());
      return ended;
    };
    instance.remove = () => {
      removing = true;
      // The keys first: without documents, a new database makes new ones.
      ended ??= (opened?.vault.remove() ?? removeKeys(inner, params)).then(remove).then(() => opened?.release());
      return ended;
    };
    return instance;
  } catch (error) {
    await opened?.release();
    throw error;
  }
}

async function removeKeys(
  storage: RxStorage<unknown, unknown>,
  params: Omit<KeyStoreParams, 'storage'>,
): Promise<void> {
  const { databaseName, databaseInstanceToken, options, devMode } = params;
  const store = await openKeyStore({ storage, databaseName, databaseInstanceToken, options, devMode });
  await store.remove();
}
