import type { Head } from '@rxdb-p2p/protocol';
import { NO_FIELD_CLOCKS, NO_PAST } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import type { Journal } from '../journal/journal.ts';
import type { DocRecord } from '../journal/record.ts';
import type { DocumentStorage, StoredDocument } from './document.ts';
import { readRecords } from './scan.ts';

const BATCH = { bytes: 256 * 1024, records: 250 };

function recordOf(index: number): DocRecord {
  const head: Head = {
    ...{ actor: 'me--------------', seq: index + 1, time: 1, deleted: false, hash: 'AAAAAAAAAAA' },
    ...{ past: NO_PAST, clocks: NO_FIELD_CLOCKS },
  };
  const fields = { names: [], hashes: '' };
  return { id: `d${index}`, rev: '1-x', lwt: 1, schema: 0, lsn: index + 1, heads: [{ head }], fields };
}

/** As many documents as are asked for, each with a text of this length. */
function storageOf(length: number): { documents: DocumentStorage; asked: string[] } {
  const asked: string[] = [];
  const findDocumentsById = (ids: string[]): Promise<StoredDocument[]> => {
    asked.push(...ids);
    const documentOf = (id: string): StoredDocument => ({
      ...{ id, text: 'x'.repeat(length) },
      ...{ _rev: '1-x', _deleted: false, _attachments: {}, _meta: { lwt: 1 } },
    });
    return Promise.resolve(ids.map(documentOf));
  };
  return { asked, documents: { schema: { primaryKey: 'id' }, findDocumentsById } as unknown as DocumentStorage };
}

describe('a batch of a catch-up', () => {
  const records = Array.from({ length: BATCH.records }, (_, i) => recordOf(i));
  // Records are given, so the journal is not asked.
  const journal = undefined as unknown as Journal;

  it.each([0, 100, 900, 3_000, 20_000])(
    'reads little more than it sends: documents of %i characters',
    async (length) => {
      const { documents, asked } = storageOf(length);
      const { versions, next } = await readRecords(records, new Map(), { documents, journal, batch: BATCH });
      expect(versions.map(({ id }) => id)).toEqual(records.slice(0, versions.length).map(({ id }) => id));
      expect(next).toBe(records[versions.length]);
      expect(asked.length).toBeLessThanOrEqual(Math.max(64, versions.length * 1.1));
      const bytes = versions.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
      if (next !== undefined) expect(bytes).toBeGreaterThan(BATCH.bytes * 0.8);
      expect(bytes).toBeLessThan(BATCH.bytes + length + 1_000);
    },
  );

  it.each([100, 900, 3_000])('is read at once, where the one before tells the size: %i characters', async (length) => {
    const { documents, asked } = storageOf(length);
    const { usualBytes } = await readRecords(records, new Map(), { documents, journal, batch: BATCH });
    const first = asked.splice(0).length;
    const reads: number[] = [];
    const findDocumentsById = documents.findDocumentsById.bind(documents);
    documents.findDocumentsById = (ids, withDeleted) => {
      reads.push(ids.length);
      return findDocumentsById(ids, withDeleted);
    };
    const { versions } = await readRecords(records, new Map(), { documents, journal, batch: BATCH, usualBytes });
    expect(reads).toHaveLength(1);
    expect(asked.length).toBeLessThanOrEqual(Math.max(first, versions.length * 1.1));
  });
});
