/** What a stored document says that its record does not; long because each case has a test. */
import { type Body, contentHash, createFieldHasher, type Head, NO_FIELD_CLOCKS, NO_PAST } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import type { DocRecord, StoredHead } from '../journal/record.ts';
import type { StoredDocument } from './document.ts';
import { encodeMarker, MARKER_KEY } from './marker.ts';
import { type Observation, observe } from './observe.ts';

const ME = 'me--------------';
const YOU = 'you-------------';
const hasher = createFieldHasher();

interface Shape {
  readonly rev: string;
  readonly lwt?: number;
  readonly deleted?: boolean;
  readonly marker?: unknown;
}

function documentOf(body: Body, { rev, lwt = 10, deleted = false, marker }: Shape): StoredDocument {
  const meta = marker === undefined ? { lwt } : { lwt, [MARKER_KEY]: marker };
  return { id: 'a', ...body, _rev: rev, _deleted: deleted, _attachments: {}, _meta: meta as { lwt: number } };
}

function headOf(actor: string, seq: number, more: Partial<Head> = {}): Head {
  return { actor, seq, time: 100 * seq, deleted: false, past: NO_PAST, clocks: NO_FIELD_CLOCKS, hash: '', ...more };
}

function recordOf(heads: readonly StoredHead[], body: Body, more: Partial<DocRecord> = {}): DocRecord {
  return { id: 'a', rev: '1-x', lwt: 5, schema: 0, lsn: 1, heads, fields: hashed(body), ...more };
}

const hashed = (body: Body) => hasher.hash({ id: 'a', ...body });
const markerOf = (rev: string, body: Body, head?: Head) =>
  encodeMarker({ rev, fields: hashed(body), ...(head === undefined ? {} : { head: { head } }) });
const textOf = (body: Body): string => JSON.stringify({ id: 'a', ...body });
const withBody = (head: Head, body: Body): StoredHead => ({ head, body: textOf(body) });

function look(
  record: DocRecord | undefined,
  document: StoredDocument,
  { keepsTombstones = false, schemaVersion = 0 } = {},
): { readonly seen: Observation | undefined; readonly mints: number } {
  let seq = 0;
  const mint = () => ({ actor: ME, seq: 50 + ++seq });
  const seen = observe('a', record, document, { hasher, schemaVersion, keepsTombstones, mint });
  return { seen, mints: seq };
}

const dotsOf = (heads: readonly StoredHead[] | undefined): string[] =>
  (heads ?? []).map(({ head }) => `${head.actor.replaceAll('-', '')} ${head.seq}`);

describe('a document that its record describes', () => {
  it('is nothing new', () => {
    const record = recordOf([{ head: headOf(YOU, 1) }], { text: 'x' });
    expect(look(record, documentOf({ text: 'x' }, { rev: '1-x', lwt: 5 })).seen).toBeUndefined();
  });

  it('is not the one of the same revision that was purged and inserted again', () => {
    const record = recordOf([{ head: headOf(YOU, 1) }], { text: 'x' });
    const { seen } = look(record, documentOf({ text: 'y' }, { rev: '1-x', lwt: 9 }));
    expect(seen?.minted?.past).toEqual([{ actor: YOU, seq: 1 }]);
  });
});

describe('a version that a tab wrote late, when another one led already', () => {
  const late = headOf(YOU, 1);
  const document = documentOf({ text: 'late' }, { rev: '1-p', marker: markerOf('1-p', { text: 'late' }, late) });

  it('is not shown where a delete has superseded it meanwhile', () => {
    const tombstone = headOf(YOU, 2, { deleted: true, past: [{ actor: YOU, seq: 1 }] });
    const record = recordOf([{ head: tombstone }], {}, { rev: '' });
    const { seen, mints } = look(record, document);
    expect(mints).toBe(0);
    expect(dotsOf(seen?.record.heads)).toEqual(['you 1']);
    expect(seen?.record.pending?.rev).toBe('');
    expect(dotsOf(seen?.record.pending?.heads)).toEqual(['you 2']);
    // Whoever edits it before that has seen the late version, and not the delete.
    const edited = documentOf(
      { text: 'edited' },
      { rev: '2-x', lwt: 20, marker: markerOf('1-p', { text: 'late' }, late) },
    );
    const next = look({ ...record, ...seen?.record, lsn: 2 }, edited).seen;
    expect(next?.minted?.past).toEqual([{ actor: YOU, seq: 1 }]);
    expect(dotsOf(next?.record.pending?.heads).sort()).toEqual(['me 51', 'you 2']);
  });

  it('and that somebody has written on since: he has not seen the delete', () => {
    const tombstone = headOf(YOU, 2, { deleted: true, past: [{ actor: YOU, seq: 1 }] });
    const record = recordOf([{ head: tombstone }], {}, { rev: '', lwt: 20 });
    const marker = markerOf('1-p', { text: 'late' }, late);
    const { seen } = look(record, documentOf({ text: 'later' }, { rev: '2-u', lwt: 30, marker }));
    expect(seen?.minted?.past).toEqual([{ actor: YOU, seq: 1 }]);
    expect(dotsOf(seen?.record.pending?.heads)).toEqual(['you 2', 'me 51']);
  });

  it('waits for a fold where others stand beside it by now', () => {
    const other = withBody(headOf('other-----------', 1, { deleted: true }), {});
    const record = recordOf([other], {}, { rev: '' });
    const { seen } = look(record, document);
    expect(dotsOf(seen?.record.heads)).toEqual(['you 1']);
    expect(dotsOf(seen?.record.pending?.heads).sort()).toEqual(['other 1', 'you 1']);
  });
});

describe('a document without record and marker', () => {
  it('is a first write', () => {
    const { seen } = look(undefined, documentOf({ text: 'x' }, { rev: '1-x' }));
    const head = { ...headOf(ME, 51), time: 1001 };
    expect(seen?.minted).toEqual({ ...head, hash: contentHash(head, hashed({ text: 'x' })) });
    expect(seen?.record).toMatchObject({ rev: '1-x', lwt: 10, heads: [{ head: seen?.minted }] });
    expect(seen?.record.fields).toEqual(hashed({ text: 'x' }));
  });

  it('is a first write when it is deleted, too, with its content where handlers may read it', () => {
    const tombstone = documentOf({ text: 'x' }, { rev: '2-x', deleted: true });
    expect(look(undefined, tombstone).seen?.record.heads).toMatchObject([{ head: { deleted: true } }]);
    const kept = look(undefined, tombstone, { keepsTombstones: true }).seen?.record.heads;
    expect(kept).toMatchObject([{ head: { deleted: true }, body: textOf({ text: 'x' }) }]);
  });
});

describe('a local write', () => {
  const base = recordOf([{ head: headOf(YOU, 7) }], { text: 'x', count: 1 });

  it('supersedes the head it was made on, and sets the clock of what it changed', () => {
    const { seen, mints } = look(base, documentOf({ text: 'y', count: 1 }, { rev: '2-y' }));
    expect(mints).toBe(1);
    expect(seen?.minted).toMatchObject({ actor: ME, seq: 51, past: [{ actor: YOU, seq: 7 }], deleted: false });
    expect(seen?.minted?.clocks.map(({ field, actor, seq }) => [field, actor, seq])).toEqual([
      ['count', YOU, 7],
      ['id', YOU, 7],
    ]);
    expect(seen?.record).toMatchObject({ rev: '2-y', lwt: 10, heads: [{ head: seen?.minted }] });
    expect(seen?.record.pending).toBeUndefined();
  });

  it('is later than what it was made on, even when the clock went back', () => {
    const { seen } = look(base, documentOf({ text: 'y' }, { rev: '2-y', lwt: 1 }));
    expect(seen?.minted?.time).toBe(701);
  });

  it('that changes no field takes no dot, and moves no head', () => {
    const { seen, mints } = look(base, documentOf({ text: 'x', count: 1 }, { rev: '2-y' }));
    expect(mints).toBe(0);
    expect(seen?.record.heads).toBe(base.heads);
    expect(seen?.record.rev).toBe('2-y');
  });

  it('that deletes is a tombstone without clocks', () => {
    const { seen } = look(base, documentOf({ text: 'x', count: 1 }, { rev: '2-y', deleted: true }));
    expect(seen?.minted).toMatchObject({ deleted: true, past: [{ actor: YOU, seq: 7 }], clocks: [] });
    expect(seen?.record.heads).toEqual([{ head: seen?.minted }]);
  });

  it('that deletes what is deleted is none', () => {
    const deleted = recordOf([{ head: headOf(YOU, 7, { deleted: true }) }], { text: 'x' });
    const { seen, mints } = look(deleted, documentOf({ text: 'z' }, { rev: '3-y', deleted: true }));
    expect(mints).toBe(0);
    expect(seen?.record.heads).toBe(deleted.heads);
  });

  it('over a tombstone inherits its floor', () => {
    const deleted = recordOf([{ head: headOf(YOU, 7, { deleted: true }) }], {});
    const { seen } = look(deleted, documentOf({ text: 'again' }, { rev: '3-y' }));
    expect(seen?.minted).toMatchObject({ past: [{ actor: YOU, seq: 7 }], floor: { actor: YOU, seq: 7, time: 700 } });
  });

  it('that changes nothing settles several heads all the same', () => {
    const several = [withBody(headOf(YOU, 1), { text: 'x' }), withBody(headOf(ME, 2), { text: 'y' })];
    const { seen } = look(recordOf(several, { text: 'y' }), documentOf({ text: 'y' }, { rev: '2-y' }));
    expect(seen?.minted?.past).toEqual([{ actor: YOU, seq: 1 }]);
    expect(dotsOf(seen?.record.heads)).toEqual(['me 51']);
  });

  it('supersedes only heads that were shown', () => {
    const hidden: StoredHead = { ...withBody(headOf(YOU, 3), { text: 5 }), hidden: true };
    const record = recordOf([{ head: headOf(ME, 2) }, hidden], { text: 'x' });
    const { seen } = look(record, documentOf({ text: 'y' }, { rev: '2-y' }));
    expect(seen?.minted?.past).toEqual([]);
    expect(dotsOf(seen?.record.heads)).toEqual(['you 3', 'me 51']);
    expect(seen?.record.pending).toBeUndefined();
  });

  it('over a record without a document supersedes it only when it is the younger of the two', () => {
    const gone = recordOf([{ head: headOf(YOU, 7, { deleted: true }) }], {}, { rev: '', lwt: 20 });
    const older = look(gone, documentOf({ text: 'x' }, { rev: '1-y', lwt: 19 })).seen;
    expect(older?.minted?.past).toEqual([]);
    expect(dotsOf(older?.record.pending?.heads)).toEqual(['you 7', 'me 51']);
    const younger = look(gone, documentOf({ text: 'x' }, { rev: '1-y', lwt: 21 })).seen;
    expect(younger?.minted?.past).toEqual([{ actor: YOU, seq: 7 }]);
    expect(dotsOf(younger?.record.heads)).toEqual(['me 51']);
  });
});

describe('our own write whose record a crash has taken', () => {
  const envelope = headOf(YOU, 8, { past: [{ actor: ME, seq: 4 }] });
  const taken = { ...envelope, hash: contentHash(envelope, hashed({ text: 'y' })) };
  const before = recordOf([{ head: headOf(ME, 4) }], { text: 'x' });

  it('is what its marker says, and no local write', () => {
    const document = documentOf({ text: 'y' }, { rev: '2-p', marker: markerOf('2-p', { text: 'y' }, taken) });
    for (const record of [undefined, before]) {
      const { seen, mints } = look(record, document);
      expect(mints).toBe(0);
      expect(seen?.record).toMatchObject({ rev: '2-p', heads: [{ head: taken }] });
      expect(seen?.record.pending).toBeUndefined();
    }
  });

  it('is superseded by a local write on top of it, which changed only what it changed since', () => {
    const marker = markerOf('2-p', { text: 'y' }, taken);
    const document = documentOf({ text: 'y', count: 3 }, { rev: '3-u', marker });
    for (const record of [undefined, before]) {
      const { seen } = look(record, document);
      expect(seen?.minted?.past).toEqual([{ actor: YOU, seq: 8 }]);
      expect(seen?.minted?.clocks.map(({ field }) => field)).toEqual(['id', 'text']);
      expect(dotsOf(seen?.record.heads)).toEqual(['me 51']);
    }
  });

  it('is itself again when a write on top of it changed nothing', () => {
    const marker = markerOf('2-p', { text: 'y' }, taken);
    const { seen, mints } = look(before, documentOf({ text: 'y' }, { rev: '3-u', marker }));
    expect(mints).toBe(0);
    expect(seen?.record).toMatchObject({ rev: '3-u', heads: [{ head: taken }] });
  });

  it('counts as concurrent when its marker cannot be read', () => {
    for (const marker of ['{', 5, null, { v: 2 }, { ...markerOf('2-p', { text: 'y' }, taken), h: { actors: [] } }]) {
      const { seen } = look(before, documentOf({ text: 'y' }, { rev: '3-u', marker }));
      expect(seen?.minted).toMatchObject({ actor: ME, past: [] });
    }
  });

  it('is not brought up again by a marker of long ago', () => {
    const later = recordOf([{ head: headOf(ME, 9, { past: [{ actor: YOU, seq: 8 }] }) }], { text: 'z' });
    const marker = markerOf('2-p', { text: 'y' }, taken);
    const { seen } = look(later, documentOf({ text: 'zz' }, { rev: '5-u', marker }));
    expect(seen?.minted?.past).toEqual([{ actor: YOU, seq: 8 }]);
    expect(dotsOf(seen?.record.heads)).toEqual(['me 51']);
  });
});

describe('a write of a tab that led before, and was frozen', () => {
  it('shows what has been superseded since: what supersedes it is to be shown again', () => {
    const old = headOf(YOU, 1);
    const tombstone = headOf(YOU, 2, { deleted: true });
    const record = recordOf([{ head: tombstone }], {}, { rev: '' });
    const document = documentOf({ text: 'x' }, { rev: '1-late', marker: markerOf('1-late', { text: 'x' }, old) });
    const { seen, mints } = look(record, document);
    expect(mints).toBe(0);
    expect(dotsOf(seen?.record.heads)).toEqual(['you 1']);
    expect(seen?.record.pending?.rev).toBe('');
    expect(dotsOf(seen?.record.pending?.heads)).toEqual(['you 2']);
  });
});

describe('a fold that was pending', () => {
  const mine = withBody(headOf(ME, 4), { text: 'x' });
  const yours = withBody(headOf(YOU, 8), { count: 2 });
  const pending = { rev: '2-p', heads: [mine, yours] };
  const record = recordOf([{ head: mine.head }], { text: 'x' }, { pending });
  const folded = { text: 'x', count: 2 };

  it('has been written when the document has its revision', () => {
    const { seen, mints } = look(record, documentOf(folded, { rev: '2-p', marker: markerOf('2-p', folded) }));
    expect(mints).toBe(0);
    expect(dotsOf(seen?.record.heads)).toEqual(['me 4', 'you 8']);
    expect(seen?.record.pending).toBeUndefined();
    expect(seen?.record.fields).toEqual(hashed(folded));
  });

  it('was seen by a local write that carries its marker: all heads are superseded', () => {
    const marker = markerOf('2-p', folded);
    const { seen } = look(record, documentOf({ ...folded, text: 'z' }, { rev: '3-u', marker }));
    expect(seen?.minted?.past).toEqual([{ actor: YOU, seq: 8 }]);
    expect(dotsOf(seen?.record.heads)).toEqual(['me 51']);
    expect(seen?.record.pending).toBeUndefined();
  });

  it('was not seen by a local write without it: the earlier heads alone are superseded', () => {
    const { seen } = look(record, documentOf({ text: 'z' }, { rev: '2-u' }));
    expect(seen?.minted?.past).toEqual([]);
    expect(seen?.minted?.time).toBeGreaterThan(yours.head.time);
    expect(dotsOf(seen?.record.heads)).toEqual(['me 51']);
    expect(dotsOf(seen?.record.pending?.heads)).toEqual(['you 8', 'me 51']);
    expect(seen?.record.pending?.rev).toBe('');
    expect(seen?.record.pending?.heads.map(({ body }) => body)).toEqual([yours.body, textOf({ text: 'z' })]);
  });

  it('stays pending, heads and all, when a write on the earlier heads changed nothing', () => {
    const { seen, mints } = look(record, documentOf({ text: 'x' }, { rev: '2-u' }));
    expect(mints).toBe(0);
    expect(dotsOf(seen?.record.heads)).toEqual(['me 4']);
    expect(dotsOf(seen?.record.pending?.heads)).toEqual(['me 4', 'you 8']);
  });
});

describe('a schema migration', () => {
  it('does not hide a local write', () => {
    const record = recordOf([{ head: headOf(YOU, 7) }], { text: 'x' });
    const written = documentOf({ text: 'y' }, { rev: '2-u', lwt: 6 });
    expect(look(record, written, { schemaVersion: 1 }).mints).toBe(1);
    expect(look(record, documentOf({ text: 'y' }, { rev: '2-u', lwt: 5 })).mints).toBe(1);
  });
});
