/** RxDB's documents as the replica sees them: a body, and the fields that RxDB keeps beside it. */
import type { Body } from '@rxdb-p2p/protocol';
import type { RxDocumentData, RxStorageInstance } from 'rxdb';

/** A stored document of any collection. */
export type StoredDocument = RxDocumentData<Record<string, unknown>>;
/** Storages differ in internals and options; we use neither. */
export type DocumentStorage = RxStorageInstance<Record<string, unknown>, unknown, unknown>;

const RXDB_FIELDS: ReadonlySet<string> = new Set(['_rev', '_meta', '_deleted', '_attachments']);

export function isRxdbField(name: string): boolean {
  return RXDB_FIELDS.has(name);
}

/** The application's part of a document. */
export function bodyOf(document: Readonly<Record<string, unknown>>): Body {
  const body: Record<string, unknown> = {};
  for (const name in document) if (!RXDB_FIELDS.has(name)) body[name] = document[name];
  return body;
}

const BETWEEN = 'rxdb-p2p between two bodies';
const SEPARATOR = `,"${BETWEEN}",`;

/**
 * The JSON texts of the documents' bodies. One call for all costs a third of one call each; the texts are cut apart at
 * a separator, which inside of a text would be escaped, and a count tells if a document should hold it as a value.
 */
export function bodyTexts(documents: readonly StoredDocument[]): readonly string[] {
  if (documents.length < 2) return documents.map((document) => JSON.stringify(bodyOf(document)));
  const row: unknown[] = [];
  for (const document of documents) row.push(bodyOf(document), BETWEEN);
  row.pop();
  const texts = JSON.stringify(row).slice(1, -1).split(SEPARATOR);
  return texts.length === documents.length ? texts : documents.map((document) => JSON.stringify(bodyOf(document)));
}

/** `_rev` is `<height>-<token>`; the height rises with every write of a document. */
export function revisionHeight(rev: string): number {
  const height = Number.parseInt(rev, 10);
  return Number.isNaN(height) ? 0 : height;
}
