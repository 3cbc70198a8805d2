/** The journal on a real storage; long because each way in which a log can end has a test. */
import { createFieldHasher, EMPTY_PRINT, type Head, NO_FIELD_CLOCKS, NO_PAST } from '@rxdb-p2p/protocol';
import { fillWithDefaultSettings, type RxStorage } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { describe, expect, it } from 'vitest';
import { randomId } from '../random.ts';
import { type Journal, openJournal } from './journal.ts';
import type { JournalLimits } from './journal-limits.ts';
import { type NewRecord, type StoredHead, UNNUMBERED } from './record.ts';
import { encodeSegment } from './segment.ts';
import { openSidecar, openSidecarInstance, type SidecarParams, sidecarSchema } from './sidecar.ts';

const ACTOR = 'actor-of-a-test_';
const hasher = createFieldHasher();

/** A disk of its own, with what is needed to open journals on it. */
function createDisk() {
  const storage = { ...getRxStorageMemory(), collectionStates: new Map() } as RxStorage<unknown, unknown>;
  const params: SidecarParams = { storage, databaseName: 'db', databaseInstanceToken: 'token', name: 'journal' };
  const rows = async () => (await openSidecar(params)).readAll();
  return {
    params,
    rows,
    keys: async () => (await rows()).map(({ key }) => key),
    open: async (limits?: Partial<JournalLimits>) =>
      openJournal({ sidecar: await openSidecar(params), hasher, randomId }, limits),
    insert: async (key: string, text: string) => (await openSidecar(params)).insert([{ key, text }]),
  };
}

function headOf(seq: number): Head {
  return { actor: ACTOR, seq, time: seq, deleted: false, past: NO_PAST, clocks: NO_FIELD_CLOCKS, hash: 'content-has' };
}

function recordOf(id: string, seq: number, heads: readonly StoredHead[] = [{ head: headOf(seq) }]): NewRecord {
  const fields = hasher.hash({ id, seq });
  return { id, rev: `${seq}-r`, lwt: seq, schema: 0, lsn: UNNUMBERED, heads, fields };
}

/** All that a journal says of itself. */
function stateOf(journal: Journal): unknown {
  const { id, seq, incarnation, acknowledged, formerNames, checkpoint, epochs, lsn, vector } = journal;
  const cursors = journal.cursorNames().map((name) => [name, journal.cursorOf(name)]);
  const records = journal.above(0, Number.MAX_SAFE_INTEGER);
  const fingerprint = journal.fingerprint();
  return {
    id,
    seq,
    incarnation,
    acknowledged,
    formerNames,
    checkpoint,
    epochs,
    lsn,
    cursors,
    records,
    fingerprint,
    vector: [...vector],
  };
}

describe('a journal', () => {
  it('keeps its id, and nothing else, when nothing was committed', async () => {
    const disk = createDisk();
    const journal = await disk.open();
    expect(journal.id).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
    expect(await disk.keys()).toEqual(['a']);
  });

  it('finds again all that was committed', async () => {
    const disk = createDisk();
    const journal = await disk.open();
    await journal.commit({ incarnation: 'first', epoch: { id: 'e1', firstLsn: 1 } });
    await journal.commit({
      ...{ records: [recordOf('x', 1), recordOf('y', 2)], vector: new Map([[ACTOR, 2]]), seq: 2 },
      ...{ cursors: [['peer', { journal: 'j', epoch: 'e', lsn: 7 }]], checkpoint: { id: 'y', lwt: 3 } },
    });
    await journal.commit({ records: [recordOf('x', 3)], vector: new Map([[ACTOR, 3]]), seq: 3 });
    expect(journal.above(0, 9).map(({ id, lsn }) => [id, lsn])).toEqual([
      ['y', 2],
      ['x', 3],
    ]);
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
  });

  it('gives a new lsn to a record whose heads changed, and to no other', async () => {
    const disk = createDisk();
    const journal = await disk.open();
    await journal.commit({ records: [recordOf('x', 1)] });
    const known = journal.records.get('x');
    if (known === undefined) throw new Error('the record is missing');
    await journal.commit({ records: [{ ...known, rev: '2-r', pending: { rev: '3-r', heads: known.heads } }] });
    expect(journal.lsn).toBe(1);
    await journal.commit({ records: [{ ...known, heads: [...known.heads] }] });
    expect(journal.lsn).toBe(2);
    expect(journal.above(0, 9)).toHaveLength(1);
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
  });

  it('reads records above an lsn in order, and no more than asked for', async () => {
    const journal = await createDisk().open();
    await journal.commit({ records: ['a', 'b', 'c', 'd'].map((id, i) => recordOf(id, i + 1)) });
    await journal.commit({ records: [recordOf('b', 5)] });
    expect(journal.above(1, 2).map(({ id }) => id)).toEqual(['c', 'd']);
    expect(journal.above(3, 9).map(({ id }) => id)).toEqual(['d', 'b']);
    expect(journal.above(5, 9)).toEqual([]);
  });

  it('lowers and drops entries of the vector, records and cursors', async () => {
    const disk = createDisk();
    const journal = await disk.open();
    const cursor = { journal: 'j', epoch: 'e', lsn: 7 };
    await journal.commit({
      records: [recordOf('x', 1), recordOf('y', 2)],
      vector: new Map([
        [ACTOR, 9],
        ['another-actor-16', 4],
      ]),
      cursors: [['peer', cursor]],
    });
    await journal.commit({ dropped: ['x', 'unknown'], vector: new Map([[ACTOR, 3]]), cursors: [['peer', null]] });
    expect([...journal.vector]).toEqual([[ACTOR, 3]]);
    expect([...journal.records.keys()]).toEqual(['y']);
    expect(journal.cursorOf('peer')).toBeNull();
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
  });

  it('[VER-12] knows its fingerprint, and that it is settled when the vector covers all heads and no fold is open', async () => {
    const disk = createDisk();
    const journal = await disk.open();
    expect(journal.fingerprint()).toEqual(EMPTY_PRINT);
    await journal.commit({ records: [recordOf('x', 1), recordOf('y', 2)] });
    expect(journal.fingerprint().settled).toBe(false);
    await journal.commit({ vector: new Map([[ACTOR, 2]]) });
    const full = journal.fingerprint();
    expect(full.settled).toBe(true);
    const heads = [{ head: headOf(1) }];
    await journal.commit({ records: [{ ...recordOf('x', 1, heads), pending: { rev: '2-p', heads } }] });
    expect(journal.fingerprint()).toEqual({ ...full, settled: false });
    await journal.commit({ records: [recordOf('x', 1, heads)] });
    expect(journal.fingerprint()).toEqual(full);
    await journal.commit({ vector: new Map([[ACTOR, 1]]) });
    expect(journal.fingerprint().settled).toBe(false);
    await journal.commit({ dropped: ['y'] });
    const { sum, settled } = journal.fingerprint();
    expect(settled).toBe(true);
    expect(sum).not.toEqual(full.sum);
    await journal.commit({ dropped: ['x'] });
    expect(journal.fingerprint()).toEqual(EMPTY_PRINT);
  });

  it('forgets the oldest cursors and epochs', async () => {
    const disk = createDisk();
    const limits = { cursors: 2, epochs: 2 };
    const journal = await disk.open(limits);
    for (const name of ['p', 'q', 'p', 'r'])
      await journal.commit({
        cursors: [[name, { journal: 'j', epoch: 'e', lsn: 1 }]],
        epoch: { id: name, firstLsn: 1 },
      });
    expect(journal.cursorNames()).toEqual(['p', 'r']);
    expect(journal.epochs.map(({ id }) => id)).toEqual(['p', 'r']);
    expect(stateOf(await disk.open(limits))).toEqual(stateOf(journal));
  });
});

describe('a journal that another tab has appended to', () => {
  it('refuses with LEADERSHIP_LOST, keeps nothing of the change, and stays refusing', async () => {
    const disk = createDisk();
    const older = await disk.open();
    const newer = await disk.open();
    await newer.commit({ records: [recordOf('x', 1)], vector: new Map([[ACTOR, 1]]), seq: 1 });
    const before = stateOf(older);
    const change = { records: [recordOf('y', 2)], vector: new Map([[ACTOR, 2]]), seq: 2 };
    await expect(older.commit(change)).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    await expect(older.commit(change)).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    expect(stateOf(older)).toEqual(before);
    expect(stateOf(await disk.open())).toEqual(stateOf(newer));
  });

  it('refuses a tab that was stopped, though what it would append next has been merged and dropped', async () => {
    const disk = createDisk();
    const limits = { segments: 4 };
    const stopped = await disk.open(limits);
    await stopped.commit({ records: [recordOf('x', 1)], vector: new Map([[ACTOR, 1]]), seq: 1 });
    const thief = await disk.open(limits);
    await thief.commit({ incarnation: 'another', seq: 0, epoch: { id: 'second', firstLsn: 2 }, stolen: true });
    for (let seq = 2; seq < 20; seq++) await thief.commit({ seq });
    const change = { records: [recordOf('y', 2)], vector: new Map([[ACTOR, 2]]), seq: 2 };
    await expect(stopped.commit(change)).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    // Whoever opens it next keeps the row as well.
    const next = await disk.open(limits);
    expect(stateOf(next)).toEqual(stateOf(thief));
    const late = await disk.open(limits);
    await late.commit({ seq: 21 });
    await expect(next.commit({ seq: 22 })).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
  });

  it('is abandoned at once: what is being written does not count, and nothing is written any more', async () => {
    const disk = createDisk();
    const journal = await disk.open();
    const before = stateOf(journal);
    const late = journal.commit({ seq: 1 });
    journal.abandon();
    await expect(late).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    await expect(journal.commit({ seq: 1 })).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    await expect(journal.expectLead()).rejects.toMatchObject({ code: 'LEADERSHIP_LOST' });
    expect(stateOf(journal)).toEqual(before);
  });

  it('is made by one of two tabs that start at once', async () => {
    const disk = createDisk();
    const [one, other] = await Promise.allSettled([disk.open(), disk.open()]);
    expect(one.status).toBe('fulfilled');
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'LEADERSHIP_LOST' } });
  });
});

describe('compaction', () => {
  const limits = { segments: 4, snapshotPartRecords: 2 };

  async function fill(journal: Journal, from: number, to: number): Promise<void> {
    for (let seq = from; seq <= to; seq++) {
      const vector = new Map([[ACTOR, seq]]);
      await journal.commit({ records: [recordOf(`id ${seq % 7}`, seq)], vector, seq });
    }
  }

  it('merges segments into a snapshot, and loses nothing', async () => {
    const disk = createDisk();
    const journal = await disk.open(limits);
    await journal.commit({
      ...{ incarnation: 'i', epoch: { id: 'e', firstLsn: 1 }, checkpoint: { lwt: 1 } },
      cursors: [['peer', { journal: 'j', epoch: 'e', lsn: 7 }]],
    });
    await journal.commit({ records: [recordOf('to drop', 1)] });
    await journal.commit({ dropped: ['to drop'] });
    for (let round = 0; round < 30; round++) {
      await fill(journal, round * 3 + 1, round * 3 + 3);
      expect(stateOf(await disk.open(limits))).toEqual(stateOf(journal));
    }
    expect(await disk.keys()).toHaveLength(1 + 4 + (await segmentsOf(disk)));
  });

  it('is not made at every commit when a snapshot has more parts than segments may pile up', async () => {
    const disk = createDisk();
    const few = { segments: 2, snapshotPartRecords: 1 };
    const journal = await disk.open(few);
    await fill(journal, 1, 9);
    const first = await disk.keys();
    await fill(journal, 10, 10);
    const reopened = await disk.open(few);
    await fill(reopened, 11, 11);
    const parts = (keys: readonly string[]) => keys.filter((key) => key.startsWith('p'));
    expect(parts(await disk.keys())).toEqual(parts(first));
    await fill(reopened, 12, 12);
    expect(parts(await disk.keys())).not.toEqual(parts(first));
  });

  it('comes when most records are stale', async () => {
    const disk = createDisk();
    const journal = await disk.open({ staleRecords: 10 });
    for (let seq = 1; seq <= 12; seq++) await journal.commit({ records: [recordOf('x', seq)] });
    expect((await disk.keys()).filter((key) => key.startsWith('p'))).toHaveLength(1);
    expect(await segmentsOf(disk)).toBe(1);
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
  });

  it('keeps the highest lsn, even when its record is gone', async () => {
    const disk = createDisk();
    const journal = await disk.open(limits);
    await fill(journal, 1, 3);
    await journal.commit({ records: [recordOf('newest', 9)] });
    await journal.commit({ dropped: ['newest'] });
    await journal.commit({ acknowledged: 2, formerNames: [['former----------', 7]] });
    await fill(journal, 4, 4);
    expect(await segmentsOf(disk)).toBeLessThan(4);
    const again = await disk.open();
    expect(again.lsn).toBe(journal.lsn);
    expect(again.acknowledged).toBe(2);
    expect(again.formerNames).toEqual([['former----------', 7]]);
  });

  it('drops what an unfinished snapshot has left, and can be made again', async () => {
    const disk = createDisk();
    await fill(await disk.open(), 1, 5);
    // All the names that an unfinished snapshot can have had.
    for (let number = 1; number <= 7; number++)
      await disk.insert(`p${String(number).padStart(12, '0')}-000000`, 'left by a crash');
    const journal = await disk.open(limits);
    expect((await disk.keys()).filter((key) => key.startsWith('p'))).toEqual([]);
    await fill(journal, 6, 20);
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
  });

  it('can be made again after a crash that left such rows deleted, but not purged', async () => {
    const disk = createDisk();
    await fill(await disk.open(), 1, 5);
    const instance = await openSidecarInstance(disk.params);
    for (let number = 1; number <= 6; number++) {
      const key = `p${String(number).padStart(12, '0')}-000000`;
      const row = { key, text: '', _deleted: true, _attachments: {}, _meta: { lwt: number }, _rev: '2-p2p' };
      await instance.bulkWrite([{ document: row }], 'test');
    }
    const journal = await disk.open(limits);
    await fill(journal, 6, 20);
    expect(stateOf(await disk.open())).toEqual(stateOf(journal));
  });

  it('drops the old segments that a crash has left beside a snapshot', async () => {
    const disk = createDisk();
    const journal = await disk.open(limits);
    await fill(journal, 1, 5);
    const [snapshot] = (await disk.keys()).filter((key) => key.startsWith('s'));
    expect(snapshot).toBe('s000000000006');
    await disk.insert('s000000000002', encodeSegment([{ ...recordOf('old', 1), lsn: 999 }], { lsn: 999 }));
    expect(stateOf(await disk.open(limits))).toEqual(stateOf(journal));
    expect((await disk.keys()).filter((key) => key.startsWith('s'))).toEqual([snapshot]);
  });

  async function segmentsOf(disk: ReturnType<typeof createDisk>): Promise<number> {
    return (await disk.keys()).filter((key) => key.startsWith('s')).length;
  }
});

describe('a journal that cannot be read', () => {
  const good = encodeSegment([{ ...recordOf('x', 1), lsn: 1 }], { vector: [[ACTOR, 1]] });
  const first = JSON.stringify({ v: 1, journal: 'a'.repeat(22) });
  const cases: readonly (readonly [what: string, rows: Readonly<Record<string, string>>])[] = [
    ['a first row that is not JSON', { a: 'x' }],
    ['a first row of a newer format', { a: first.replace('1', '2') }],
    ['a first row without an id', { a: '{"v":1}' }],
    ['a segment that is cut off', { a: first, s000000000001: good.slice(0, -9) }],
    ['a segment of a newer format', { a: first, s000000000001: good.replace('"v":2', '"v":3') }],
    ['a segment that is a number', { a: first, s000000000001: '5' }],
    ['a segment without a state', { a: first, s000000000001: good.replace('"state"', '"stale"') }],
    ['a segment that names an unknown actor', { a: first, s000000000001: good.replace(`"${ACTOR}"`, '') }],
    ['a record whose lsn is another one’s past', { a: first, s000000000001: good, s000000000002: twoOldRecords() }],
    ['a missing segment', { a: first, s000000000001: good, s000000000003: encodeSegment([], {}) }],
    ['a missing first segment', { a: first, s000000000002: encodeSegment([], {}) }],
    ['a snapshot without its part', { a: first, s000000000001: snapshotOf(1) }],
    ['a snapshot part that is damaged', { a: first, 'p000000000001-000000': '[', s000000000001: snapshotOf(1) }],
  ];

  it.each(cases)('says JOURNAL_UNREADABLE: %s', async (_, rows) => {
    const disk = createDisk();
    for (const [key, text] of Object.entries(rows)) await disk.insert(key, text);
    await expect(disk.open()).rejects.toMatchObject({ code: 'JOURNAL_UNREADABLE' });
    // What cannot be read may be read by a newer version: nothing is dropped.
    expect(await disk.keys()).toEqual(Object.keys(rows).sort());
  });

  function twoOldRecords(): string {
    return encodeSegment(
      [
        { ...recordOf('y', 2), lsn: 5 },
        { ...recordOf('z', 3), lsn: 3 },
      ],
      {},
    );
  }

  function snapshotOf(parts: number): string {
    return encodeSegment([], { snapshot: { generation: 1, parts } });
  }
});

describe('the sidecar', () => {
  it('has a schema that RxDB fills in, encrypted only when asked for', () => {
    expect(fillWithDefaultSettings(sidecarSchema(false)).encrypted).toEqual([]);
    expect(fillWithDefaultSettings(sidecarSchema(true)).encrypted).toEqual(['text']);
  });

  it('says no to a key that is taken, and keeps the row', async () => {
    const disk = createDisk();
    const sidecar = await openSidecar(disk.params);
    expect(await sidecar.insert([{ key: 'k', text: 'one' }])).toBe(true);
    expect(await sidecar.insert([{ key: 'k', text: 'two' }])).toBe(false);
    expect(await disk.rows()).toEqual([{ key: 'k', text: 'one' }]);
  });

  it('removes rows for good, unknown ones too, and can be closed twice', async () => {
    const disk = createDisk();
    const sidecar = await openSidecar(disk.params);
    await sidecar.insert([{ key: 'k', text: 'one' }]);
    await sidecar.remove(['k', 'unknown']);
    await sidecar.remove(['k']);
    expect(await disk.rows()).toEqual([]);
    expect(await sidecar.insert([{ key: 'k', text: 'two' }])).toBe(true);
    await sidecar.close();
    await sidecar.close();
  });
});
