/**
 * Documents as this replica has just written them, so that the next remote edit of one, which often comes soon, is written
 * without reading it first. A write of someone else makes what is kept here stale: the storage refuses a write on it, and
 * it is read then.
 */
import type { DocRecord } from '../journal/record.ts';
import type { StoredDocument } from './document.ts';

export interface RecentDocuments {
  note(document: StoredDocument): void;
  /** The document, where it is the revision that its record describes. */
  get(id: string): StoredDocument | undefined;
}

/** Documents: those that people edit at one time, in memory that nobody notices. */
const MAX_KEPT = 256;
/** Characters of a body that is kept. */
export const MAX_RECENT_LENGTH = 4_096;
/** Versions of one batch: a catch-up leaves nothing that is needed soon. */
export const MAX_RECENT_BATCH = 16;

export function createRecentDocuments(primaryPath: string, records: ReadonlyMap<string, DocRecord>): RecentDocuments {
  const kept = new Map<string, StoredDocument>();
  return {
    note(document) {
      const id = document[primaryPath] as string;
      kept.delete(id);
      kept.set(id, document);
      const oldest = kept.keys().next().value;
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    },
    get(id) {
      const [document, record] = [kept.get(id), records.get(id)];
      return document?._rev === record?.rev && record?.pending === undefined ? document : undefined;
    },
  };
}
