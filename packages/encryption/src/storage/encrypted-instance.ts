/** A storage instance whose documents are encrypted on their way in and decrypted on their way out. */
import { getChangedDocumentsSince, type RxJsonSchema, type RxStorageInstance } from 'rxdb';
import { EncryptionError } from '../errors.ts';
import type { Vault } from '../keys/vault.ts';
import { createAttachmentCodec } from './attachment-codec.ts';
import { type ChangeEventsDeps, createChangeEvents } from './change-events.ts';
import { createDocumentCodec, type PlainDocument, type StoredDocument } from './document-codec.ts';
import type { Json } from './encrypted-paths.ts';
import { badValue, type Problems } from './problems.ts';
import { refuseEncryptedQuery } from './query-guard.ts';
import { createReader } from './reader.ts';
import type { StoredSchema } from './stored-schema.ts';
import { createWriter } from './writer.ts';

export type Instance = RxStorageInstance<Json, unknown, unknown, unknown>;

export interface EncryptedInstanceDeps {
  /** the storage's own */
  readonly instance: Instance;
  /** as the application wrote it */
  readonly schema: RxJsonSchema<PlainDocument>;
  readonly stored: StoredSchema;
  readonly primaryPath: string;
  /** do other tabs hear of its changes? */
  readonly multiInstance: boolean;
  readonly vault: Vault;
  readonly problems: Problems;
  /** before the storage's own removal */
  readonly onRemove: () => Promise<void>;
  /** after it was closed or removed, once */
  readonly onClosed: () => Promise<void>;
}

export function createEncryptedInstance(deps: EncryptedInstanceDeps): Instance {
  const { instance, schema, stored, primaryPath, multiInstance, vault, problems } = deps;
  const { collectionName: collection } = instance;
  const fields = stored.paths;
  const context = { databaseId: vault.databaseId, collection, schemaVersion: schema.version, paths: fields };
  const codec = createDocumentCodec({ context, primaryPath, attachments: stored.attachments });
  const attachments = stored.attachments ? createAttachmentCodec(context) : undefined;
  const reader = createReader({ codec, vault, problems, collection, primaryPath, fields });
  /** Plaintext of what this tab stores: its events need no deciphering. */
  const justStored = new WeakMap<StoredDocument, PlainDocument>();
  const events = createChangeEvents({
    source: instance.changeStream() as ChangeEventsDeps['source'],
    reader,
    justStored: (document) => justStored.get(document),
  });
  const writer = createWriter({
    ...{ instance, schema, primaryPath, multiInstance, codec, attachments, reader, vault },
    remember: (document, plain) => justStored.set(document, plain),
  });
  let closed: Promise<void> | undefined;
  const closeOnce = (close: () => Promise<void>): Promise<void> => {
    closed ??= (async () => {
      events.close();
      await close();
      await deps.onClosed();
    })();
    return closed;
  };

  return {
    databaseName: instance.databaseName,
    collectionName: collection,
    internals: instance.internals,
    options: instance.options,
    schema,
    async bulkWrite(rows, writeContext) {
      const response = await writer.write(rows, writeContext);
      // By RxDB's rules, events come before the write ends.
      await events.idle();
      return response;
    },
    async findDocumentsById(ids, withDeleted) {
      const found = await instance.findDocumentsById(ids, withDeleted);
      const [only] = found;
      // Who asks for one document must not take it for one that does not exist.
      if (ids.length === 1 && only !== undefined) return [(await reader.decode(only)).document];
      return reader.decodeAll(found);
    },
    async query(prepared) {
      refuseEncryptedQuery(prepared.query, fields, collection);
      const { documents } = await instance.query(prepared);
      return { documents: await reader.decodeAll(documents) };
    },
    async count(prepared) {
      refuseEncryptedQuery(prepared.query, fields, collection);
      return instance.count(prepared);
    },
    async getAttachmentData(id, attachmentId, digest) {
      if (attachments === undefined) return instance.getAttachmentData(id, attachmentId, digest);
      const [document] = await instance.findDocumentsById([id], true);
      const sealed = document === undefined ? undefined : (await reader.decode(document)).attachments[attachmentId];
      // The storage knows how to say that there is none.
      if (sealed?.digest !== digest) return instance.getAttachmentData(id, attachmentId, digest);
      const data = await instance.getAttachmentData(id, attachmentId, sealed.name);
      let outcome = await attachments.open(id, attachmentId, sealed, data, vault.ring);
      if ('unknownKey' in outcome && (await vault.learn(outcome.unknownKey))) {
        outcome = await attachments.open(id, attachmentId, sealed, data, vault.ring);
      }
      if ('plaintext' in outcome)
        return new Blob([outcome.plaintext as Uint8Array<ArrayBuffer>], { type: sealed.type });
      const revision = document?._rev ?? '';
      const error = badValue({ collection, document: id, revision, fields: [`_attachments.${attachmentId}`], outcome });
      problems.report(error);
      throw error;
    },
    async getChangedDocumentsSince(limit, checkpoint) {
      let from = checkpoint;
      for (;;) {
        const { documents, checkpoint: to } = await getChangedDocumentsSince(instance, limit, from);
        const readable = await reader.decodeAll(documents);
        // An empty answer means the end, which documents that cannot be read are not.
        if (readable.length > 0 || documents.length < limit) return { documents: readable, checkpoint: to };
        from = to;
      }
    },
    changeStream() {
      if (closed === undefined) return events.stream;
      throw new EncryptionError('CLOSED', 'this storage instance has been closed', { collection });
    },
    cleanup: (minimumDeletedTime) => instance.cleanup(minimumDeletedTime),
    close: () => closeOnce(() => instance.close()),
    remove: () =>
      closeOnce(async () => {
        await deps.onRemove();
        await instance.remove();
      }),
  };
}
