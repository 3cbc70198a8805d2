/**
 * What a stored document says that its record does not: local writes are found, not intercepted (ARCHITECTURE §4). Pure.
 *
 * The document's `_rev` differs from its record's in three cases: a local write; our own write whose journal segment a
 * crash took (the marker then says what it is); a local write on top of such a one.
 */
import type { FieldHasher, FieldHashes, Head, LocalWrite } from '@rxdb-p2p/protocol';
import { localHead, sameDot, sameFields, sameHead } from '@rxdb-p2p/protocol';
import { type DocRecord, type NewRecord, type StoredHead, UNNUMBERED } from '../journal/record.ts';
import { bodyOf, isRxdbField, revisionHeight, type StoredDocument } from './document.ts';
import { showable, toBases, uniteHeads } from './heads.ts';
import { type Marker, readMarker } from './marker.ts';

export interface ObserveContext {
  readonly hasher: FieldHasher;
  readonly schemaVersion: number;
  /** whether the contents of tombstones are kept */
  readonly keepsTombstones: boolean;
  /** Names the next local write. */
  mint(): { readonly actor: string; readonly seq: number };
  /** Told of the version that a document shows by its marker, which may name writes that the journal does not know. */
  readonly onMarked?: (head: Head) => void;
}

export interface Observation {
  readonly record: NewRecord;
  /** the envelope of a new local write; its content is the document's */
  readonly minted?: Head;
}

/** Undefined: the record describes the document already. */
export function observe(
  id: string,
  record: DocRecord | undefined,
  document: StoredDocument,
  context: ObserveContext,
): Observation | undefined {
  // RxDB's revisions end in a token of the database, so a document purged and inserted again can have the same one.
  const sameTime = record !== undefined && document._meta.lwt === record.lwt;
  if (sameTime && document._rev === record.rev) return undefined;
  const marker = readMarker(document, context.hasher);
  if (marker?.head !== undefined) context.onMarked?.(marker.head.head);
  const fields = context.hasher.hash(document, isRxdbField);
  if (record === undefined && marker === undefined) return observeFirstWrite(id, document, fields, context);
  const pending = record?.pending;
  const others = [...(pending?.heads ?? []), ...(record?.heads ?? [])];
  const describe = (shown: readonly StoredHead[]): NewRecord =>
    describeDocument(id, document, fields, shown, others, context);

  if (pending !== undefined && document._rev === pending.rev) return { record: describe(pending.heads) };
  if (marker?.head !== undefined && marker.rev === document._rev) {
    const head = { head: marker.head.head, body: bodyText(document, marker.head.head, context) };
    const united = uniteHeads(record?.heads ?? [], [head]);
    // Less than is known by now: a tab that was stopped has written it late, when another one led already.
    return { record: describe(shows([head], united) ? united : [head]) };
  }
  return observeLocalWrite(record, document, fields, marker, context, describe);
}

/** A document that nobody has heard of: the case of every document at a first start. */
function observeFirstWrite(
  id: string,
  document: StoredDocument,
  fields: FieldHashes,
  context: ObserveContext,
): Observation {
  const { _rev: rev, _meta, _deleted: deleted } = document;
  const { actor, seq } = context.mint();
  const plainFields = context.hasher.plain(fields, document, isRxdbField);
  const minted = localHead({ actor, seq, wallMs: _meta.lwt, deleted, fields, plainFields }, []);
  const stored: StoredHead =
    deleted && context.keepsTombstones ? { head: minted, body: bodyText(document, minted, context) } : { head: minted };
  const record = { id, rev, lwt: _meta.lwt, schema: context.schemaVersion, lsn: UNNUMBERED, heads: [stored], fields };
  return { record, minted };
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
  const known = sawPending ? pending.heads : seenRecordHeads(record, document, marker);
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
  const plainFields = context.hasher.plain(fields, document, isRxdbField);
  const write: LocalWrite = { actor, seq, wallMs: document._meta.lwt, deleted: document._deleted, fields, plainFields };
  const unseen = [...(pending?.heads ?? []), ...(record?.heads ?? [])].map(({ head }) => head);
  const head = localHead(write, toBases(bases, shownFields ?? fields, context.hasher), unseen);
  // A live head that is alone leaves its content in the document; where there were others it may not be.
  const isAlone = record === undefined && !(head.deleted && context.keepsTombstones);
  const stored: StoredHead = isAlone ? { head } : { head, body: bodyText(document, head, context) };
  return { record: describe(uniteHeads(seen, [stored])), minted: head };
}

/**
 * A record without a document was made at `lwt`: a document older than that was written without seeing it, and one with a
 * marker on what that says, by a tab that was stopped, since nothing else goes on from a document. So was one that does not
 * follow the record's revision, where a power failure came between; one that was inserted anew follows a purge.
 */
function seenRecordHeads(
  record: DocRecord | undefined,
  document: StoredDocument,
  marker: Marker | undefined,
): readonly StoredHead[] {
  if (record === undefined) return [];
  if (record.rev === '') return document._meta.lwt <= record.lwt || marker !== undefined ? [] : record.heads;
  const height = revisionHeight(document._rev);
  return height > 1 && height <= revisionHeight(record.rev) ? [] : record.heads;
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
  const all = uniteHeads(shown, others);
  const settled = all === shown || shows(shown, all);
  const record: NewRecord = {
    id,
    rev: document._rev,
    lwt: document._meta.lwt,
    schema: context.schemaVersion,
    lsn: UNNUMBERED,
    heads: withoutSpareBody(settled ? all : shown, context.keepsTombstones),
    fields,
  };
  return settled ? record : { ...record, pending: { rev: '', heads: all.map(withTombstoneBody) } };
}

/** A tombstone that is alone and has no content to keep has no body; beside others it has one, as all of them have. */
function withTombstoneBody(stored: StoredHead): StoredHead {
  const bare = stored.head.deleted && stored.body === undefined && stored.hidden !== true;
  return bare ? { ...stored, body: '{}' } : stored;
}

/** Whether a document that shows `shown` shows all of these that can be. */
function shows(shown: readonly StoredHead[], heads: readonly StoredHead[]): boolean {
  return showable(heads).every(({ head }) => shown.some((other) => sameHead(other.head, head)));
}

/** The content of a head that is alone stands in the document. The same array when there is nothing to leave out. */
export function withoutSpareBody(heads: readonly StoredHead[], keepsTombstones: boolean): readonly StoredHead[] {
  const [only] = heads;
  if (heads.length !== 1 || only === undefined || only.body === undefined || only.hidden === true) return heads;
  return only.head.deleted && keepsTombstones ? heads : [{ head: only.head }];
}

/** The content of a version that a document shows. */
export function bodyText(
  document: StoredDocument,
  head: Head,
  { keepsTombstones }: { readonly keepsTombstones: boolean },
): string {
  return head.deleted && !keepsTombstones ? '{}' : JSON.stringify(bodyOf(document));
}
