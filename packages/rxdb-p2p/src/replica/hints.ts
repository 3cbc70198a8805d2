/**
 * What RxDB's change events say, until the queue has time for it. They are hints: RxDB's wrappers can deliver them out of
 * order, and what they tell may be old by then. So documents are read by id, but for those whose event was written on the very
 * revision that the record describes: nothing can have come between, and what the event holds is what reading it at that time
 * would have shown. A later write has an event of its own. That saves the storage one round trip for each edit.
 */
import type { RxStorageChangeEvent } from 'rxdb';
import type { DocRecord } from '../journal/record.ts';
import type { StoredDocument } from './document.ts';

export type DocumentEvent = Pick<
  RxStorageChangeEvent<StoredDocument>,
  'operation' | 'documentId' | 'documentData' | 'previousDocumentData'
>;

export interface Hints {
  readonly size: number;
  add(events: readonly DocumentEvent[]): void;
  /** All that was added since: documents that need no reading, and the ids of the others. */
  take(records: ReadonlyMap<string, DocRecord>): TakenHints;
}

export interface TakenHints {
  readonly told: Map<string, StoredDocument>;
  readonly unread: readonly string[];
}

/** Events of one write whose documents are kept until then: what a person does at once. Imports are read in one go. */
const MAX_TOLD_EVENTS = 16;

/** A document as it was written, and what it was written on; undefined: nothing. */
interface Told {
  readonly document: StoredDocument;
  readonly before: StoredDocument | undefined;
}

export function createHints(): Hints {
  /** undefined: to be read */
  const hinted = new Map<string, Told | undefined>();

  /** The event, after what has been told before it. */
  function after(id: string, event: Told | undefined): Told | undefined {
    if (!hinted.has(id) || event === undefined) return event;
    const earlier = hinted.get(id);
    if (earlier === undefined || event.before === undefined || !sameRevision(earlier.document, event.before)) return;
    return { document: event.document, before: earlier.before };
  }

  return {
    get size() {
      return hinted.size;
    },
    add(events) {
      const few = events.length <= MAX_TOLD_EVENTS;
      for (const event of events)
        hinted.set(event.documentId, few ? after(event.documentId, toldBy(event)) : undefined);
    },
    take(records) {
      const told = new Map<string, StoredDocument>();
      const unread: string[] = [];
      for (const [id, event] of hinted) {
        if (event !== undefined && follows(event.before, records.get(id))) told.set(id, event.document);
        else unread.push(id);
      }
      hinted.clear();
      return { told, unread };
    },
  };
}

/** Nothing for deletes: they may be followed by a purge, which has no event. */
function toldBy({ operation, documentData, previousDocumentData }: DocumentEvent): Told | undefined {
  if (operation === 'DELETE' || documentData._deleted) return undefined;
  const before = previousDocumentData as StoredDocument | null | undefined;
  return { document: documentData as StoredDocument, before: before ?? undefined };
}

function follows(before: StoredDocument | undefined, record: DocRecord | undefined): boolean {
  if (record === undefined || before === undefined) return record === before;
  return record.pending === undefined && sameRevision(before, { _rev: record.rev, _meta: record });
}

/** RxDB's revisions end in a token of the database: a document that was purged and inserted again can have the same one. */
function sameRevision(
  a: StoredDocument,
  b: { readonly _rev: string; readonly _meta: { readonly lwt: number } },
): boolean {
  return a._rev === b._rev && a._meta.lwt === b._meta.lwt;
}
