import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLsnIndex } from './lsn-index.ts';
import type { DocRecord } from './record.ts';

function recordOf(lsn: number, rev = ''): DocRecord {
  return { id: String(lsn), rev, lwt: 0, schema: 0, lsn, heads: [], fields: { names: [], hashes: '' } };
}

type Operation = readonly ['put' | 'replace' | 'remove' | 'above', number];
const operation: fc.Arbitrary<Operation> = fc.tuple(
  fc.constantFrom('put' as const, 'put' as const, 'replace' as const, 'remove' as const, 'above' as const),
  fc.nat(),
);

/** Does the same to an index and to a plain list, and compares all that can be asked. */
function compare(operations: readonly Operation[]): void {
  const index = createLsnIndex();
  let model: DocRecord[] = [];
  let last = 0;
  for (const [kind, number] of operations) {
    const known = model[number % Math.max(1, model.length)];
    if (kind === 'put') {
      last += 1 + (number % 3);
      const record = recordOf(last);
      index.put(record);
      model.push(record);
    } else if (kind === 'replace' && known !== undefined) {
      const record = recordOf(known.lsn, String(number));
      index.put(record);
      model = model.map((other) => (other.lsn === record.lsn ? record : other));
    } else if (kind === 'remove') {
      const lsn = known !== undefined && number % 4 > 0 ? known.lsn : number;
      index.remove(lsn);
      model = model.filter((other) => other.lsn !== lsn);
    } else if (kind === 'above') {
      const from = number % (last + 2);
      const most = number % 5;
      const expected = model.filter(({ lsn }) => lsn > from);
      expect(index.above(from, most)).toEqual(expected.slice(0, most));
      expect(index.countAbove(from)).toBe(expected.length);
    }
  }
  expect(index.above(0, Number.MAX_SAFE_INTEGER)).toEqual(model);
}

describe('the index of records by lsn', () => {
  it('answers as a plain list does', () => {
    fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), compare));
  });

  it('answers as a plain list does when so many records move that holes are closed', () => {
    const moves = Array.from({ length: 3_000 }, (_, i): Operation[] => [
      ['put', i],
      ...(i % 40 === 0 ? [['above', i * 7] as const] : []),
      ...(i > 300 ? [['remove', i * 31 + 1] as const] : []),
    ]);
    compare(moves.flat());
  });

  it('takes a record back at an lsn that a hole has kept', () => {
    const index = createLsnIndex();
    for (const lsn of [1, 2, 3]) index.put(recordOf(lsn));
    index.remove(2);
    index.put(recordOf(2, 'again'));
    expect(index.above(0, 9).map(({ lsn, rev }) => [lsn, rev])).toEqual([
      [1, ''],
      [2, 'again'],
      [3, ''],
    ]);
  });

  it('refuses an lsn that is neither new nor known', () => {
    const index = createLsnIndex();
    for (const lsn of [1, 5]) index.put(recordOf(lsn));
    expect(() => index.put(recordOf(3))).toThrow(RangeError);
    expect(index.above(0, 9).map(({ lsn }) => lsn)).toEqual([1, 5]);
  });
});
