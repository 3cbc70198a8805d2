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

export type RxdbFields = Pick<StoredDocument, '_deleted' | '_attachments' | '_meta' | '_rev'>;

/**
 * A body with the fields that RxDB keeps beside it. Not a literal that spreads the body and adds to it: in V8 that makes
 * a hidden class for each document, at seven times the time and three times the memory.
 */
export function withRxdbFields(body: Body, fields: RxdbFields): StoredDocument {
  return Object.assign({}, body, fields);
}

/** Stands between two bodies. Begins with a character that is rare in texts, so that looking for it is fast. */
const SEPARATOR = '\x7frxdb-p2p\x7f';

/**
 * The JSON texts of the documents' bodies. One call for all costs half of one call each; the texts are cut apart at a
 * separator, and a count tells if a document should hold it.
 */
export function bodyTexts(documents: readonly StoredDocument[]): readonly string[] {
  const row: unknown[] = [];
  for (const document of documents) row.push(bodyOf(document), SEPARATOR);
  const json = JSON.stringify(row);
  const texts: string[] = [];
  let start = '['.length;
  for (let end = json.indexOf(SEPARATOR); end >= 0; end = json.indexOf(SEPARATOR, start)) {
    texts.push(json.slice(start, end - ',"'.length));
    start = end + SEPARATOR.length + '",'.length;
  }
  return texts.length === documents.length ? texts : documents.map((document) => JSON.stringify(bodyOf(document)));
}

/** `_rev` is `<height>-<token>`; the height rises with every write of a document. */
export function revisionHeight(rev: string): number {
  const height = Number.parseInt(rev, 10);
  return Number.isNaN(height) ? 0 : height;
}

/** Begins the tokens of revisions that we write. RxDB's own are lower-case letters. */
const OUR_TOKEN = 'p2p_';

/** A revision that only we make: whatever follows on it carries the marker that it was written with. */
export function ourRevision(height: number, token: string): string {
  return `${height}-${OUR_TOKEN}${token}`;
}

export function isOurRevision(rev: string): boolean {
  return rev.startsWith(OUR_TOKEN, rev.indexOf('-') + 1);
}
