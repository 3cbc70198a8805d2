import { describe, expect, it } from 'vitest';
import type { DocRecord } from '../journal/record.ts';
import type { StoredDocument } from './document.ts';
import { createHints, type DocumentEvent } from './hints.ts';

function document(rev: string, lwt: number, text = rev): StoredDocument {
  return { id: 'd', text, _rev: rev, _deleted: false, _attachments: {}, _meta: { lwt } };
}

function event(
  documentData: StoredDocument,
  previousDocumentData?: StoredDocument,
  operation: DocumentEvent['operation'] = previousDocumentData === undefined ? 'INSERT' : 'UPDATE',
): DocumentEvent {
  return { operation, documentId: 'd', documentData, previousDocumentData } as DocumentEvent;
}

function record(rev: string, lwt: number, more: Partial<DocRecord> = {}): ReadonlyMap<string, DocRecord> {
  const fields = { names: [], hashes: '' };
  return new Map([['d', { id: 'd', rev, lwt, schema: 0, lsn: 1, fields, heads: [], ...more }]]);
}

const [first, second, third] = [document('1-a', 1), document('2-a', 2), document('3-a', 3)] as const;
const NONE: ReadonlyMap<string, DocRecord> = new Map();

/** What is told after these events, and what is to be read. */
function taken(events: readonly DocumentEvent[], records: ReadonlyMap<string, DocRecord>) {
  const hints = createHints();
  for (const one of events) hints.add([one]);
  const { told, unread } = hints.take(records);
  return { rev: told.get('d')?._rev, unread };
}

describe('what change events tell', () => {
  it('a write on the revision that the record describes needs no reading', () => {
    expect(taken([event(second, first)], record('1-a', 1))).toEqual({ rev: '2-a', unread: [] });
  });

  it('nor does an insert of a document without a record', () => {
    expect(taken([event(first)], NONE)).toEqual({ rev: '1-a', unread: [] });
  });

  it('nor do several writes, each on the one before', () => {
    expect(taken([event(second, first), event(third, second)], record('1-a', 1))).toEqual({ rev: '3-a', unread: [] });
    expect(taken([event(first), event(second, first)], NONE)).toEqual({ rev: '2-a', unread: [] });
  });

  it('an event that comes late or early is a hint', () => {
    const read = { rev: undefined, unread: ['d'] };
    expect(taken([event(second, first)], record('2-a', 2))).toEqual(read);
    expect(taken([event(third, second)], record('1-a', 1))).toEqual(read);
    expect(taken([event(third, second), event(second, first)], record('1-a', 1))).toEqual(read);
    expect(taken([event(second, first)], NONE)).toEqual(read);
    expect(taken([event(first)], record('1-a', 1))).toEqual(read);
  });

  it('a delete is a hint, and so is what comes around it', () => {
    const read = { rev: undefined, unread: ['d'] };
    const gone = { ...second, _deleted: true };
    expect(taken([event(gone, first, 'DELETE')], record('1-a', 1))).toEqual(read);
    expect(taken([event(gone, first, 'DELETE'), event(third, gone)], record('1-a', 1))).toEqual(read);
    expect(taken([event(gone)], NONE)).toEqual(read);
  });

  it('the same revision of another time is another one: tokens are used again after a purge', () => {
    expect(taken([event(second, first)], record('1-a', 7)).unread).toEqual(['d']);
  });

  it('a record that waits for a fold has to be read', () => {
    expect(taken([event(second, first)], record('1-a', 1, { pending: { rev: '2-p', heads: [] } })).unread).toEqual([
      'd',
    ]);
  });

  it('of an import only the ids are kept', () => {
    const hints = createHints();
    hints.add(Array.from({ length: 17 }, (_, i) => ({ ...event(first), documentId: `d${i}` })));
    const { told, unread } = hints.take(NONE);
    expect([told.size, unread.length, hints.size]).toEqual([0, 17, 0]);
  });
});
