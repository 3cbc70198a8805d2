import { type Head, NO_FIELD_CLOCKS, NO_PAST } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import type { DocRecord, StoredHead } from '../journal/record.ts';
import { isTaken, type Reissue, reissue } from './reissue.ts';

const OLD = 'old-------------';
const NEW = 'new-------------';
const YOU = 'you-------------';

function headOf(actor: string, seq: number, time: number, more: Partial<Head> = {}): StoredHead {
  return { head: { actor, seq, time, deleted: false, past: NO_PAST, clocks: NO_FIELD_CLOCKS, hash: '', ...more } };
}

function recordOf(id: string, heads: readonly StoredHead[], more: Partial<DocRecord> = {}): DocRecord {
  return { id, rev: '1-x', lwt: 5, schema: 0, lsn: 7, heads, fields: { names: [], hashes: '' }, ...more };
}

/** Own writes above a number go on. */
const above = (floor: number): Reissue => ({
  choose: (_, { head }) => head.actor === OLD && head.seq > floor,
  name: NEW,
});

describe('own writes under a name that is given up', () => {
  it('go on under the new one, with their times and clocks, and supersede themselves under the old one', () => {
    const clocks = [{ field: 'x', time: 3, actor: YOU, seq: 1 }];
    const mine = headOf(OLD, 4, 40, { past: [{ actor: YOU, seq: 2 }], clocks, deleted: true });
    const { records, seq } = reissue([recordOf('a', [{ ...mine, body: '{}' }])], above(3));
    expect(seq).toBe(1);
    const past = [
      { actor: OLD, seq: 4 },
      { actor: YOU, seq: 2 },
    ];
    expect(records[0]?.heads).toEqual([{ body: '{}', head: { ...mine.head, actor: NEW, seq: 1, past } }]);
    expect(records[0]).toMatchObject({ id: 'a', rev: '1-x', lsn: 0 });
  });

  it('are left as they are where others hold them, or wrote them', () => {
    const records = [recordOf('a', [headOf(OLD, 3, 30)]), recordOf('b', [headOf(YOU, 9, 90)])];
    expect(reissue(records, above(3))).toEqual({ records: [], seq: 0 });
  });

  it('get one number each, wherever they stand', () => {
    const [mine, yours] = [headOf(OLD, 4, 40), headOf(YOU, 9, 30)];
    const pending = { rev: '2-p', heads: [yours, mine] };
    const given = [recordOf('a', [mine], { pending }), recordOf('b', [headOf(OLD, 5, 50)])];
    const { records, seq } = reissue(given, above(0));
    expect(seq).toBe(2);
    expect(records.map(({ heads }) => heads.map(({ head }) => [head.actor, head.seq]))).toEqual([
      [[NEW, 1]],
      [[NEW, 2]],
    ]);
    expect(records[0]?.pending?.heads.map(({ head }) => [head.actor, head.seq])).toEqual([
      [YOU, 9],
      [NEW, 1],
    ]);
  });

  it('cannot take a name under which one of their documents has another version: a higher number would supersede that', () => {
    const both = [headOf(OLD, 4, 40), headOf(NEW, 1, 50)];
    expect(isTaken([recordOf('a', both)], above(3))).toBe(true);
    expect(isTaken([recordOf('a', both.slice(0, 1), { pending: { rev: '2-p', heads: both } })], above(3))).toBe(true);
    // Held by others, so it does not go on; and in another document.
    expect(isTaken([recordOf('a', both)], above(4))).toBe(false);
    expect(isTaken([recordOf('a', both.slice(0, 1)), recordOf('b', both.slice(1))], above(3))).toBe(false);
  });

  it('are left as they are where what is to be shown has superseded them', () => {
    const pending = { rev: '2-p', heads: [headOf(YOU, 9, 90, { past: [{ actor: OLD, seq: 4 }] })] };
    expect(reissue([recordOf('a', [headOf(OLD, 4, 40)], { pending })], above(3)).records).toEqual([]);
  });

  it('are left as they are where they are forks: a new name would supersede the other side', () => {
    const fork = [headOf(OLD, 4, 40, { hash: 'one' }), headOf(OLD, 4, 41, { hash: 'two' })];
    expect(reissue([recordOf('a', fork)], above(3)).records).toEqual([]);
  });
});
