/** Writes documents encrypted, and gives the storage's refusals back in plain. */
import type {
  BulkWriteRow,
  RxJsonSchema,
  RxStorageBulkWriteResponse,
  RxStorageInstance,
  RxStorageWriteError,
} from 'rxdb';
import { EncryptionError } from '../errors.ts';
import type { DataKey } from '../keys/data-key.ts';
import type { Vault } from '../keys/vault.ts';
import type { AttachmentCodec } from './attachment-codec.ts';
import { attachmentsToStore } from './attachment-rows.ts';
import type { DecodedDocument, DocumentCodec, PlainDocument, StoredDocument } from './document-codec.ts';
import type { Json } from './encrypted-paths.ts';
import type { Reader } from './reader.ts';

type Row = BulkWriteRow<Json>;
type WriteError = RxStorageWriteError<Json>;

export interface Writer {
  write(rows: readonly Row[], context: string): Promise<RxStorageBulkWriteResponse<Json>>;
}

export interface WriterDeps {
  readonly instance: RxStorageInstance<Json, unknown, unknown, unknown>;
  readonly schema: RxJsonSchema<PlainDocument>;
  readonly primaryPath: string;
  readonly multiInstance: boolean;
  readonly codec: DocumentCodec;
  readonly attachments: AttachmentCodec | undefined;
  readonly reader: Reader;
  readonly vault: Vault;
  readonly remember: (stored: StoredDocument, plain: PlainDocument) => void;
}

interface Before {
  readonly stored: StoredDocument;
  readonly decoded: DecodedDocument;
}

export function createWriter(deps: WriterDeps): Writer {
  const { instance, schema, primaryPath, multiInstance, codec, attachments, reader, vault, remember } = deps;
  const idOf = (row: Row): string => String((row.document as Json)[primaryPath]);

  const encodePlain = (row: Row, key: DataKey): Row => {
    const document = codec.encode(row.document as PlainDocument, key);
    remember(document, row.document as PlainDocument);
    if (row.previous === undefined) return { document };
    return { previous: storedPrevious(row.previous, key), document };
  };
  /** Storages look at revision, attachments and indexed fields of it, and pass it on to other tabs. */
  const storedPrevious = (previous: PlainDocument, key: DataKey): StoredDocument => {
    // Only other tabs get to see its encrypted fields.
    const none = attachments === undefined ? undefined : { sealed: {}, stubs: {} };
    const stored = multiInstance ? codec.encode(previous, key, none) : codec.withoutSecrets(previous);
    remember(stored, previous);
    return stored;
  };
  const encodeWithAttachments = async (
    row: Row,
    codecOfData: AttachmentCodec,
    before: Before | undefined,
  ): Promise<Row> => {
    const plain = row.document as PlainDocument;
    const key = vault.ring.current();
    const current = before !== undefined && before.stored._rev === row.previous?._rev ? before : undefined;
    const toStore = await attachmentsToStore(codecOfData, idOf(row), plain, current?.decoded, key);
    const document = codec.encode(plain, key, toStore);
    if (row.previous === undefined) return { document };
    if (current === undefined) return { previous: storedPrevious(row.previous, key), document };
    remember(current.stored, row.previous);
    return { previous: current.stored, document };
  };
  /** What is stored of the documents whose attachments stay as they are. Unreadable ones become errors. */
  const readBefore = async (rows: readonly Row[], context: string, errors: WriteError[]) => {
    const before = new Map<string, Before>();
    const found = rows.filter(
      ({ previous }) => previous !== undefined && Object.keys(previous._attachments ?? {}).length > 0,
    );
    if (found.length === 0) return before;
    const byId = new Map(found.map((row) => [idOf(row), row]));
    for (const stored of await instance.findDocumentsById([...byId.keys()], true)) {
      const id = String(stored[primaryPath]);
      try {
        before.set(id, { stored, decoded: await reader.decode(stored) });
      } catch (error) {
        const row = byId.get(id);
        if (!(error instanceof EncryptionError) || row === undefined) throw error;
        errors.push(unreadable(row, context, error));
      }
    }
    return before;
  };
  const unreadable = (row: Row, context: string, error: EncryptionError): WriteError => ({
    // RxDB throws on this one, and tries again on a conflict, with a document that lacks what could not be read.
    ...{ status: 422, isError: true, documentId: idOf(row), writeRow: row, context, schema },
    validationErrors: [{ field: (error.fields ?? []).join(', '), message: error.message }],
  });
  const plainError = async (error: WriteError, row: Row): Promise<WriteError> => {
    const stored = (error as { readonly documentInDb?: StoredDocument }).documentInDb;
    if (stored === undefined) return { ...error, writeRow: row };
    try {
      return { ...error, writeRow: row, documentInDb: (await reader.decode(stored)).document } as WriteError;
    } catch (reason) {
      if (reason instanceof EncryptionError) return unreadable(row, error.context, reason);
      throw reason;
    }
  };
  return {
    async write(rows, context) {
      const end = vault.ring.beginWrite();
      try {
        const errors: WriteError[] = [];
        const toStore: Row[] = [];
        if (attachments === undefined) {
          const key = vault.ring.current();
          for (const row of rows) toStore.push(encodePlain(row, key));
        } else {
          const before = await readBefore(rows, context, errors);
          const refused = new Set(errors.map(({ documentId }) => documentId));
          for (const row of rows) {
            const id = idOf(row);
            if (!refused.has(id)) toStore.push(await encodeWithAttachments(row, attachments, before.get(id)));
          }
        }
        if (toStore.length === 0) return { error: errors };
        const response = await instance.bulkWrite(toStore, context);
        if (response.error.length === 0) return { error: errors };
        const byId = new Map(rows.map((row) => [idOf(row), row]));
        for (const error of response.error) {
          errors.push(await plainError(error, byId.get(error.documentId) ?? error.writeRow));
        }
        return { error: errors };
      } finally {
        end();
      }
    },
  };
}
