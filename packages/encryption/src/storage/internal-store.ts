/**
 * RxDB's own store of a database. RxDB writes a fast, unsalted hash of the password into it, and compares: a changed password
 * would be refused, and the error would name both hashes. Neither gets to the storage: the vault decides about passwords.
 */
import { createRevision, now, type RxStorageInstance, STORAGE_TOKEN_DOCUMENT_ID } from 'rxdb';
import type { PlainDocument } from './document-codec.ts';
import { isObject, type Json } from './encrypted-paths.ts';

type Instance = RxStorageInstance<Json, unknown, unknown, unknown>;

const CONTEXT = 'encryption-erase-password-hash';

type Write = Instance['bulkWrite'];

/** Changes the instance's own `bulkWrite`, as RxDB's validators do. */
export function withoutPasswordHash(instance: Instance, databaseToken: string): void {
  const write = instance.bulkWrite.bind(instance);
  instance.bulkWrite = async (rows, context) => {
    const hashes = new Map<unknown, unknown>();
    const cleaned = rows.map((row) => {
      const hash = passwordHashOf(row.document);
      if (hash === undefined) return row;
      hashes.set(row.document['id'], hash);
      return { ...row, document: withoutHash(row.document as PlainDocument) };
    });
    const { error } = await write(cleaned, context);
    const answers = error.map(async (one) => {
      const { documentInDb } = one as { readonly documentInDb?: PlainDocument };
      const hash = hashes.get(one.documentId);
      if (documentInDb === undefined || hash === undefined) return one;
      const stored = await erase(write, documentInDb, databaseToken);
      // What RxDB expects to find: the hash of the password that has just opened the vault.
      return { ...one, documentInDb: { ...stored, data: { ...(stored['data'] as Json), passwordHash: hash } } };
    });
    return { error: (await Promise.all(answers)) as typeof error };
  };
}

/** Removes a hash that RxDB stored before this package was used. */
export async function erasePasswordHash(instance: Instance, databaseToken: string): Promise<void> {
  const [stored] = await instance.findDocumentsById([STORAGE_TOKEN_DOCUMENT_ID], false);
  if (stored !== undefined) await erase(instance.bulkWrite.bind(instance), stored, databaseToken);
}

export function passwordHashOf(document: Json): unknown {
  const { data } = document;
  return isObject(data) ? data['passwordHash'] : undefined;
}

async function erase(write: Write, stored: PlainDocument, databaseToken: string): Promise<PlainDocument> {
  if (passwordHashOf(stored) === undefined) return stored;
  const document: PlainDocument = { ...withoutHash(stored), _meta: { ...stored._meta, lwt: now() } };
  document._rev = createRevision(databaseToken, stored);
  const { error } = await write([{ previous: stored, document }], CONTEXT);
  return error.length === 0 ? document : stored;
}

function withoutHash(document: PlainDocument): PlainDocument {
  const { passwordHash: _, ...data } = document['data'] as Json;
  return { ...document, data };
}
