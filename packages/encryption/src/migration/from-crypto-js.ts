/**
 * From RxDB's crypto-js plugin to this package, in place: the same database in the same storage. Each document is moved by one
 * atomic write that keeps `_rev` and `lwt`; one that is moved has a sealed value, so an interrupted migration just runs again.
 */
import {
  type BulkWriteRow,
  defaultHashSha256,
  getAllCollectionDocuments,
  getChangedDocumentsSince,
  getPrimaryFieldOfPrimaryKey,
  type HashFunction,
  hasEncryption,
  INTERNAL_STORAGE_NAME,
  INTERNAL_STORE_SCHEMA,
  type RxAttachmentWriteData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
  randomToken,
  STORAGE_TOKEN_DOCUMENT_ID,
} from 'rxdb';
import { EncryptionError } from '../errors.ts';
import type { Secret } from '../keys/secret.ts';
import type { Vault } from '../keys/vault.ts';
import { createAttachmentCodec } from '../storage/attachment-codec.ts';
import { REENCRYPT_CONTEXT } from '../storage/change-events.ts';
import {
  type AttachmentsToStore,
  createDocumentCodec,
  keyOfStored,
  type PlainDocument,
  type SealedAttachment,
  type StoredDocument,
} from '../storage/document-codec.ts';
import type { Json } from '../storage/encrypted-paths.ts';
import { registerInstance } from '../storage/instance-register.ts';
import { erasePasswordHash, passwordHashOf } from '../storage/internal-store.ts';
import { createOpenVaults } from '../storage/open-vaults.ts';
import { storedSchemaOf } from '../storage/stored-schema.ts';

export interface CryptoJsMigrationOptions<Internals, Options> {
  /** name of the database; no tab may have it open */
  readonly name: string;
  /** where documents are kept: what the crypto-js storage was made with */
  readonly storage: RxStorage<Internals, Options>;
  /** `wrappedKeyEncryptionCryptoJsStorage({ storage })` */
  readonly from: RxStorage<Internals, Options>;
  /** of the crypto-js plugin */
  readonly oldPassword: string;
  /** the one to open the database with from now on */
  readonly password: Secret;
  /** the `hashFunction` of the database, if it has one */
  readonly hashFunction?: HashFunction;
  /** told after each document */
  readonly onProgress?: (documents: number) => void;
}

export interface CryptoJsMigrationResult {
  /** that this run moved */
  readonly documents: number;
  /** that the old plugin could not decrypt; they are as they were */
  readonly unreadable: readonly { readonly collection: string; readonly document: string }[];
}

/**
 * @throws EncryptionError `WRONG_PASSWORD` before anything is changed: the old password is not the database's, or the new one
 *   is not that of the run before
 */
export async function migrateFromCryptoJs<Internals, Options>(
  options: CryptoJsMigrationOptions<Internals, Options>,
): Promise<CryptoJsMigrationResult> {
  const { name, oldPassword, password, hashFunction = defaultHashSha256 } = options;
  const storage = options.storage as unknown as RxStorage<unknown, unknown>;
  const from = options.from as unknown as RxStorage<unknown, unknown>;
  const params = { databaseName: name, databaseInstanceToken: randomToken(10), options: {}, devMode: false };
  const place = { ...params, multiInstance: false };
  const internal = await storage.createStorageInstance({
    ...{ ...place, collectionName: INTERNAL_STORAGE_NAME, schema: INTERNAL_STORE_SCHEMA },
  });
  try {
    await checkOldPassword(internal as unknown as Instance, await hashFunction(JSON.stringify(oldPassword)));
    const { vault, release } = await createOpenVaults(storage).open(params, password);
    try {
      const result = { documents: 0, unreadable: [] as { collection: string; document: string }[] };
      for (const { collectionName, schema } of await encryptedInstances(internal)) {
        const stored = storedSchemaOf(schema, collectionName);
        const { paths, attachments } = stored;
        await registerInstance(vault.store, { collection: collectionName, schema: stored.schema, paths, attachments });
        const old = (await from.createStorageInstance({
          ...place,
          collectionName,
          schema,
          password: oldPassword,
        })) as Instance;
        const raw = (await storage.createStorageInstance({
          ...place,
          collectionName,
          schema: stored.schema,
        })) as Instance;
        try {
          const move = createMove({ vault, old, raw, schema, paths, attachments });
          await eachDocument(raw, async (document) => {
            const moved = await move(document);
            if (moved === 'unreadable')
              result.unreadable.push({ collection: collectionName, document: idOf(document, schema) });
            if (moved !== 'moved') return;
            result.documents++;
            options.onProgress?.(result.documents);
          });
        } finally {
          await raw.close();
          await old.close();
        }
      }
      await erasePasswordHash(internal as unknown as Instance, params.databaseInstanceToken);
      return result;
    } finally {
      await release();
    }
  } finally {
    await internal.close();
  }
}

type Checkpoint = { readonly id: string; readonly lwt: number } | undefined;
type Instance = RxStorageInstance<Json, unknown, unknown, Checkpoint>;
type Schema = RxJsonSchema<PlainDocument>;

/** Documents read at a time. */
const BATCH = 100;

/** The plugin itself decrypts 2 of 500 wrong passwords to garbage without an error; RxDB's hash of it does not. */
async function checkOldPassword(internal: Instance, hash: string): Promise<void> {
  const [token] = await internal.findDocumentsById([STORAGE_TOKEN_DOCUMENT_ID], false);
  const stored = token === undefined ? undefined : passwordHashOf(token);
  // Without a hash, an earlier run has come to its end.
  if (stored === undefined || stored === hash) return;
  throw new EncryptionError('WRONG_PASSWORD', 'the old password is not that of this database', {
    hint: 'nothing has been changed; where the database has a hashFunction, give it too',
  });
}

async function encryptedInstances(internal: unknown): Promise<{ collectionName: string; schema: Schema }[]> {
  const documents = await getAllCollectionDocuments(internal as Parameters<typeof getAllCollectionDocuments>[0]);
  const all = documents.flatMap(({ data }) => [
    { collectionName: data.name, schema: data.schema as Schema },
    ...data.connectedStorages.map(({ collectionName, schema }) => ({ collectionName, schema: schema as Schema })),
  ]);
  return all.filter(({ schema }) => hasEncryption(schema));
}

async function eachDocument(raw: Instance, visit: (document: StoredDocument) => Promise<void>): Promise<void> {
  let checkpoint: Checkpoint;
  for (;;) {
    const changed = await getChangedDocumentsSince<Json, Checkpoint>(raw, BATCH, checkpoint);
    checkpoint = changed.checkpoint;
    for (const document of changed.documents) await visit(document);
    if (changed.documents.length < BATCH) return;
  }
}

interface MoveDeps {
  readonly vault: Vault;
  readonly old: Instance;
  readonly raw: Instance;
  readonly schema: Schema;
  readonly paths: readonly string[];
  readonly attachments: boolean;
}

function createMove({ vault, old, raw, schema, paths, attachments }: MoveDeps) {
  const { collectionName: collection } = raw;
  const context = { databaseId: vault.databaseId, collection, schemaVersion: schema.version, paths };
  const primaryPath = getPrimaryFieldOfPrimaryKey(schema.primaryKey) as string;
  const codec = createDocumentCodec({ context, primaryPath, attachments });
  const attachmentCodec = createAttachmentCodec(context);

  const sealAttachments = async (id: string, plain: PlainDocument): Promise<AttachmentsToStore> => {
    const sealed: Record<string, SealedAttachment> = {};
    const stubs: AttachmentsToStore['stubs'] = {};
    for (const [name, attachment] of Object.entries(plain._attachments)) {
      const data = await old.getAttachmentData(id, name, attachment.digest);
      const write: RxAttachmentWriteData = { ...attachment, data };
      const stored = await attachmentCodec.seal(id, name, write, vault.ring.current());
      sealed[name] = stored.sealed;
      stubs[name] = stored.stub;
    }
    return { sealed, stubs };
  };
  const decrypt = async (id: string) => {
    try {
      const [plain] = await old.findDocumentsById([id], true);
      return plain && { plain, toStore: attachments ? await sealAttachments(id, plain) : undefined };
    } catch {
      // crypto-js and JSON.parse throw whatever they like.
      return undefined;
    }
  };
  return async (document: StoredDocument): Promise<'moved' | 'was moved' | 'unreadable'> => {
    if (keyOfStored(document) !== undefined) return 'was moved';
    const decrypted = await decrypt(idOf(document, schema));
    if (decrypted === undefined) return 'unreadable';
    const row: BulkWriteRow<Json> = {
      previous: document,
      document: codec.encode(decrypted.plain, vault.ring.current(), decrypted.toStore),
    };
    const { error } = await raw.bulkWrite([row], REENCRYPT_CONTEXT);
    if (error[0] === undefined) return 'moved';
    throw new EncryptionError('STORAGE_FAILED', 'the storage refused a document that was moved', {
      ...{ collection, document: idOf(document, schema), got: `status ${error[0].status}` },
      hint: 'close all tabs that have the database open, and run the migration again',
    });
  };
}

function idOf(document: StoredDocument, schema: Schema): string {
  return String(document[getPrimaryFieldOfPrimaryKey(schema.primaryKey) as string]);
}
