/**
 * The documents that a first start has read, until somebody has been sent all of them, or has not come for them in time. Devices that
 * meet while a collection is read for the first time are sent all of it next: reading it again would cost IndexedDB one
 * request for each document.
 */
import type { DocRecord } from '../journal/record.ts';
import { bodyOf, type StoredDocument } from './document.ts';

export interface FirstDocuments {
  keep(documents: readonly StoredDocument[]): void;
  /** The document as its record describes it; undefined: it is to be read. */
  get(record: DocRecord): StoredDocument | undefined;
  forget(): void;
}

/** Content that is kept, UTF-16 units, going by a sample: in a page about twice as many bytes. */
export const MAX_FIRST_UNITS: number = 16 * 1024 * 1024;
/** Documents whose size is looked at. */
const SAMPLE = 16;

export function createFirstDocuments(primaryPath: string): FirstDocuments {
  const kept = new Map<string, StoredDocument>();
  return {
    keep(documents) {
      // The first ones: scans go in the order in which documents were journaled.
      for (const document of documents.slice(0, roomFor(documents)))
        kept.set(document[primaryPath] as string, document);
    },
    get({ id, rev, lwt }) {
      const document = kept.get(id);
      return document?._rev === rev && document._meta.lwt === lwt ? document : undefined;
    },
    forget: () => kept.clear(),
  };
}

function roomFor(documents: readonly StoredDocument[]): number {
  const every = Math.ceil(documents.length / SAMPLE);
  const sample = documents.filter((_, i) => i % every === 0);
  const units = sample.reduce((sum, document) => sum + JSON.stringify(bodyOf(document)).length, 0);
  return Math.floor((MAX_FIRST_UNITS * sample.length) / units);
}
