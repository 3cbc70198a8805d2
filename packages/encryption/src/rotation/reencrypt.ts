/** Encrypts what one storage instance holds again with the current key. Neither `_rev` nor `lwt` change: nobody wrote. */
import {
  type BulkWriteRow,
  getChangedDocumentsSince,
  getPrimaryFieldOfPrimaryKey,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
} from 'rxdb';
import { VALUE_OVERHEAD_BYTES } from '../cipher/sealed-value.ts';
import { EncryptionError } from '../errors.ts';
import type { DataKey } from '../keys/data-key.ts';
import type { Vault } from '../keys/vault.ts';
import { createAttachmentCodec, stubOf } from '../storage/attachment-codec.ts';
import { REENCRYPT_CONTEXT } from '../storage/change-events.ts';
import {
  type AttachmentsToStore,
  createDocumentCodec,
  type DecodedDocument,
  keyOfStored,
  type PlainDocument,
  type SealedAttachment,
  type StoredDocument,
} from '../storage/document-codec.ts';
import type { Json } from '../storage/encrypted-paths.ts';
import type { RegisteredInstance } from '../storage/instance-register.ts';
import type { VaultParams } from '../storage/open-vaults.ts';
import { badValue, type Problems } from '../storage/problems.ts';
import { createReader } from '../storage/reader.ts';

export interface ReencryptDeps {
  readonly storage: RxStorage<unknown, unknown>;
  readonly params: VaultParams;
  readonly vault: Vault;
  readonly problems: Problems;
  /** told after each batch */
  readonly onProgress: (documents: number) => void;
  readonly signal: AbortSignal;
}

/** Documents at a time: between two batches the application gets its turn. */
const BATCH = 100;

type Checkpoint = { readonly id: string; readonly lwt: number } | undefined;

export async function reencrypt(deps: ReencryptDeps, registered: RegisteredInstance): Promise<void> {
  const { storage, params, signal } = deps;
  const { collection: collectionName, schema } = registered;
  const creation = { ...params, collectionName, schema: schema as RxJsonSchema<PlainDocument>, multiInstance: false };
  const instance = (await storage.createStorageInstance(creation)) as Instance;
  try {
    const walk = createWalk(deps, registered, instance);
    let checkpoint: Checkpoint;
    for (;;) {
      signal.throwIfAborted();
      const changed = await getChangedDocumentsSince<Json, Checkpoint>(instance, BATCH, checkpoint);
      checkpoint = changed.checkpoint;
      await walk(changed.documents);
      if (changed.documents.length < BATCH) return;
    }
  } finally {
    await instance.close();
  }
}

type Instance = RxStorageInstance<Json, unknown, unknown, Checkpoint>;

function createWalk(
  { vault, problems, onProgress }: ReencryptDeps,
  { collection, schema, paths, attachments }: RegisteredInstance,
  instance: Instance,
): (batch: readonly StoredDocument[]) => Promise<void> {
  const { databaseId, ring } = vault;
  const context = { databaseId, collection, schemaVersion: schema.version, paths };
  const primaryPath = getPrimaryFieldOfPrimaryKey(schema.primaryKey) as string;
  const codec = createDocumentCodec({ context, primaryPath, attachments });
  const attachmentCodec = createAttachmentCodec(context);
  const reader = createReader({ codec, vault, problems, collection, primaryPath, fields: paths });

  const moveAttachment = async (
    id: string,
    name: string,
    sealed: SealedAttachment,
    stored: StoredDocument,
    key: DataKey,
  ) => {
    const kept = { sealed, stub: stubOf(sealed, VALUE_OVERHEAD_BYTES) };
    if (sealed.key === key.name) return kept;
    const data = await instance.getAttachmentData(id, name, sealed.name);
    const outcome = await attachmentCodec.open(id, name, sealed, data, ring);
    if ('plaintext' in outcome) {
      const blob = new Blob([outcome.plaintext as Uint8Array<ArrayBuffer>]);
      return attachmentCodec.seal(id, name, { ...sealed, data: blob }, key);
    }
    const revision = stored._rev;
    problems.report(badValue({ collection, document: id, revision, fields: [`_attachments.${name}`], outcome }));
    return kept;
  };
  const moveAttachments = async (stored: StoredDocument, decoded: DecodedDocument, key: DataKey) => {
    const sealed: Record<string, SealedAttachment> = {};
    const stubs: AttachmentsToStore['stubs'] = {};
    for (const [name, attachment] of Object.entries(decoded.attachments)) {
      const moved = await moveAttachment(String(stored[primaryPath]), name, attachment, stored, key);
      sealed[name] = moved.sealed;
      stubs[name] = moved.stub;
    }
    return { sealed, stubs };
  };
  const again = async (stored: StoredDocument, key: DataKey): Promise<BulkWriteRow<Json> | undefined> => {
    const current = keyOfStored(stored) === key.name;
    const hasAttachments = attachments && Object.keys(stored._attachments).length > 0;
    if (current && !hasAttachments) return undefined;
    try {
      const decoded = await reader.decode(stored);
      if (current && Object.values(decoded.attachments).every((attachment) => attachment.key === key.name))
        return undefined;
      const toStore = attachments ? await moveAttachments(stored, decoded, key) : undefined;
      return { previous: stored, document: codec.encode(decoded.document, key, toStore) };
    } catch (error) {
      // Reported by the reader. It could not be read before either.
      if (error instanceof EncryptionError) return undefined;
      throw error;
    }
  };
  return async (batch) => {
    const key = ring.current();
    const rows: BulkWriteRow<Json>[] = [];
    for (const stored of batch) {
      const row = await again(stored, key);
      if (row !== undefined) rows.push(row);
    }
    if (rows.length > 0) {
      const { error } = await instance.bulkWrite(rows, REENCRYPT_CONTEXT);
      // A conflict is a newer write, and those are sealed with the current key.
      const other = error.find(({ status }) => status !== 409);
      if (other !== undefined) {
        const got = `status ${other.status}`;
        throw new EncryptionError('STORAGE_FAILED', 'the storage refused a document that was encrypted again', {
          collection,
          got,
        });
      }
    }
    onProgress(batch.length);
  };
}
