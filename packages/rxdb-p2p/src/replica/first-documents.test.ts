import { describe, expect, it } from 'vitest';
import type { DocRecord } from '../journal/record.ts';
import type { StoredDocument } from './document.ts';
import { createFirstDocuments, MAX_FIRST_UNITS } from './first-documents.ts';

function documentOf(index: number, text = ''): StoredDocument {
  return { id: `d${index}`, text, _rev: '1-x', _deleted: false, _attachments: {}, _meta: { lwt: index } };
}

function recordOf(index: number, rev = '1-x', lwt = index): DocRecord {
  return { id: `d${index}`, rev, lwt, schema: 0, lsn: index + 1, heads: [], fields: { names: [], hashes: '' } };
}

describe('documents that a first start has read', () => {
  it('are there as their records describe them', () => {
    const first = createFirstDocuments('id');
    const document = documentOf(1);
    first.keep([document]);
    expect(first.get(recordOf(1))).toBe(document);
    expect(first.get(recordOf(2))).toBeUndefined();
    expect(first.get(recordOf(1, '2-y'))).toBeUndefined();
    // A revision can come again after a purge.
    expect(first.get(recordOf(1, '1-x', 7))).toBeUndefined();
  });

  it('are gone when they are let go of', () => {
    const first = createFirstDocuments('id');
    first.keep([documentOf(1)]);
    first.forget();
    expect(first.get(recordOf(1))).toBeUndefined();
  });

  it('are the first ones, where all would take too much memory', () => {
    const first = createFirstDocuments('id');
    const text = 'x'.repeat(100_000);
    const most = Math.floor(MAX_FIRST_UNITS / text.length);
    first.keep(Array.from({ length: 2 * most }, (_, i) => documentOf(i, text)));
    expect(first.get(recordOf(0))).toBeDefined();
    expect(first.get(recordOf(most - 2))).toBeDefined();
    expect(first.get(recordOf(most + 1))).toBeUndefined();
  });

  it('may be none', () => {
    const first = createFirstDocuments('id');
    first.keep([]);
    expect(first.get(recordOf(0))).toBeUndefined();
  });
});
