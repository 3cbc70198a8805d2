/**
 * What a stored document says that its record does not: local writes are found, not intercepted (DESIGN §4). Pure.
 *
 * The document's `_rev` differs from its record's in four cases: a local write; our own write whose journal segment a
 * crash took (the marker then says what it is); a local write on top of such a one; a schema migration.
 */
import type { FieldHasher, FieldHashes, Head, LocalWrite } from '@rxdb-p2p/protocol';
import { localHead, sameDot, sameFields } from '@rxdb-p2p/protocol';
import type { DocRecord, NewRecord, StoredHead } from '../journal/record.ts';
import { bodyOf, type StoredDocument } from './document.ts';
import { showable, toBases, uniteHeads } from './heads.ts';
import { type Marker, readMarker } from './marker.ts';

export interface ObserveContext {
  readonly hasher: FieldHasher;
  readonly schemaVersion: number;
  /** whether the contents of tombstones are kept */
  readonly keepsTombstones: boolean;
  /** Names the next local write. */
  mint(): { readonly actor: string; readonly seq: number };
}

export interface Observation {
  readonly record: NewRecord;
  /** a new local write, to be sent: its envelope and its content */
  readonly minted?: StoredHead;
}

/** Undefined: the record describes the document already. */
export function observe(
  id: string,
  record: DocRecord | undefined,
  document: StoredDocument,
  context: ObserveContext,
): Observation | undefined {
  if (record !== undefined && document._rev === record.rev) return undefined;
  const marker = readMarker(document, context.hasher);
  const fields = context.hasher.hash(bodyOf(document));
  const pending = record?.pending;
  const others = [...(pending?.heads ?? []), ...(record?.heads ?? [])];
  const describe = (shown: readonly StoredHead[]): NewRecord =>
    describeDocument(id, document, fields, shown, others, context);

  if (pending !== undefined && document._rev === pending.rev) return { record: describe(pending.heads) };
  if (marker?.head !== undefined && marker.rev === document._rev) {
    const head = { head: marker.head.head, body: bodyText(document, marker.head.head, context) };
    return { record: describe(uniteHeads(record?.heads ?? [], [head])) };
  }
  if (record !== undefined && record.schema !== context.schemaVersion && document._meta.lwt === record.lwt) {
    return { record: describe(record.heads) };
  }
  return observeLocalWrite(record, document, fields, marker, context, describe);
}

function observeLocalWrite(
  record: DocRecord | undefined,
  document: StoredDocument,
  fields: FieldHashes,
  marker: Marker | undefined,
  context: ObserveContext,
  describe: (heads: readonly StoredHead[]) => NewRecord,
): Observation {
  const pending = record?.pending;
  const sawPending = pending !== undefined && marker?.rev === pending.rev;
  const known = sawPending ? pending.heads : seenRecordHeads(record, document);
  // The marker's head is in the document's history, whatever became of the record that should name it.
  const markerIsNews =
    marker?.head !== undefined && !known.some(({ head }) => sameDot(head, marker.head?.head ?? head));
  const seen = marker?.head !== undefined && markerIsNews ? uniteHeads(known, [marker.head]) : known;
  const shownFields = sawPending || (marker !== undefined && seen !== known) ? marker?.fields : record?.fields;
  const bases = showable(seen);
  const wasLive = bases.some(({ head }) => !head.deleted);
  const sameContent = shownFields !== undefined && sameFields(fields, shownFields);
  const unchanged = bases.length === 1 && wasLive === !document._deleted && sameContent;
  // Nobody sees what a deleted document says; a delete of a deleted one is none.
  if (unchanged || (seen.length > 0 && !wasLive && document._deleted)) return { record: describe(seen) };

  const { actor, seq } = context.mint();
  const write: LocalWrite = { actor, seq, wallMs: document._meta.lwt, deleted: document._deleted, fields };
  const unseen = [...(pending?.heads ?? []), ...(record?.heads ?? [])].map(({ head }) => head);
  const head = localHead(write, toBases(bases, shownFields ?? fields, context.hasher), unseen);
  const minted: StoredHead = { head, body: bodyText(document, head, context) };
  return { record: describe(uniteHeads(seen, [minted])), minted };
}

/** A record without a document was made at `lwt`: a document older than that was written without seeing it. */
function seenRecordHeads(record: DocRecord | undefined, document: StoredDocument): readonly StoredHead[] {
  if (record === undefined) return [];
  return record.rev === '' && document._meta.lwt <= record.lwt ? [] : record.heads;
}

/**
 * The record of a document that shows `shown`, with the `others` that are known: hidden ones only stand beside it;
 * those that can be shown need a fold, and wait as `pending`.
 */
function describeDocument(
  id: string,
  document: StoredDocument,
  fields: FieldHashes,
  shown: readonly StoredHead[],
  others: readonly StoredHead[],
  context: ObserveContext,
): NewRecord {
  const { _rev: rev, _meta } = document;
  const record = { id, rev, lwt: _meta.lwt, schema: context.schemaVersion, fields };
  const all = uniteHeads(shown, others);
  if (all === shown || showable(all).length <= 1)
    return { ...record, heads: withoutSpareBody(all, context.keepsTombstones) };
  return { ...record, heads: withoutSpareBody(shown, context.keepsTombstones), pending: { rev: '', heads: all } };
}

/** The content of a head that is alone stands in the document. The same array when there is nothing to leave out. */
export function withoutSpareBody(heads: readonly StoredHead[], keepsTombstones: boolean): readonly StoredHead[] {
  const [only] = heads;
  if (heads.length !== 1 || only === undefined || only.body === undefined || only.hidden === true) return heads;
  return only.head.deleted && keepsTombstones ? heads : [{ head: only.head }];
}

function bodyText(document: StoredDocument, head: Head, { keepsTombstones }: ObserveContext): string {
  return head.deleted && !keepsTombstones ? '{}' : JSON.stringify(bodyOf(document));
}
