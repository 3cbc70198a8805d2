/** What the journal knows of one document (ARCHITECTURE §4). */
import type { FieldHashes, Head } from '@rxdb-p2p/protocol';

export interface StoredHead {
  readonly head: Head;
  /**
   * JSON text of the content. Kept here while there is more than one head, for tombstones that a conflict handler may
   * read, and for what cannot be shown; else the document itself has it. Also undefined where the content was too
   * large to travel.
   */
  readonly body?: string;
  /** How large a body is that did not travel, bytes of UTF-8; undefined: not known. */
  readonly bytes?: number;
  /** Breaks the schema or was too large to travel: kept, counted and relayed, but left out of the fold. */
  readonly hidden?: true;
}

/** A fold that is about to be written: which heads it shows, and under which revision. */
export interface Pending {
  readonly rev: string;
  readonly heads: readonly StoredHead[];
}

export interface DocRecord {
  readonly id: string;
  /** `_rev` of the stored document this record describes; empty: there is none */
  readonly rev: string;
  /** its `_meta.lwt`; without a document the time at which the record was made. Milliseconds since 1970. */
  readonly lwt: number;
  /** schema version of the stored document */
  readonly schema: number;
  /** rises whenever the heads change; unique in a journal */
  readonly lsn: number;
  readonly heads: readonly StoredHead[];
  /** of the shown document */
  readonly fields: FieldHashes;
  readonly pending?: Pending;
}

/** Handed to the journal, which numbers it in place: one object for each document, not two. */
export type NewRecord = Omit<DocRecord, 'lsn'> & { lsn: number };

/** The `lsn` of a record that the journal has not numbered yet. */
export const UNNUMBERED: number = 0;

/** Whether there is a document to show: a live head that can be shown. */
export function isLive(record: DocRecord): boolean {
  return record.heads.some(({ head, hidden }) => !head.deleted && hidden !== true);
}
