/** Records in lsn order, for catch-up scans over memory. A record whose heads change moves to the end. */
import type { DocRecord } from './record.ts';

export interface LsnIndex {
  /** Takes a record with a higher lsn than any before, or the same lsn as the one it replaces. */
  put(record: DocRecord): void;
  remove(lsn: number): void;
  /** Records above an lsn, in order. The index may change between two calls, not during one. */
  above(lsn: number, most: number): DocRecord[];
  countAbove(lsn: number): number;
}

/** Holes that are worth a pass over the whole index. */
const MIN_HOLES = 1_024;

export function createLsnIndex(): LsnIndex {
  let entries: (DocRecord | undefined)[] = [];
  let lsns: number[] = [];
  let holes = 0;

  /** Position of the first entry whose lsn is at least this. */
  const positionOf = (lsn: number): number => {
    let low = 0;
    let high = lsns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lsns[middle] ?? 0) < lsn) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const closeHoles = (): void => {
    if (holes < MIN_HOLES || holes * 2 < entries.length) return;
    lsns = lsns.filter((_, i) => entries[i] !== undefined);
    entries = entries.filter((entry) => entry !== undefined);
    holes = 0;
  };

  return {
    put(record) {
      // Almost always: most records that are put are new ones.
      if (record.lsn > (lsns[lsns.length - 1] ?? 0)) {
        entries.push(record);
        lsns.push(record.lsn);
        return;
      }
      const position = positionOf(record.lsn);
      if (position < lsns.length && lsns[position] !== record.lsn) {
        throw new RangeError(`lsn ${record.lsn} is neither new nor known`);
      }
      if (position < lsns.length && entries[position] === undefined) holes--;
      entries[position] = record;
      lsns[position] = record.lsn;
    },
    remove(lsn) {
      const position = positionOf(lsn);
      if (lsns[position] !== lsn || entries[position] === undefined) return;
      entries[position] = undefined;
      holes++;
      closeHoles();
    },
    above(lsn, most) {
      const found: DocRecord[] = [];
      for (let i = positionOf(lsn + 1); i < entries.length && found.length < most; i++) {
        const entry = entries[i];
        if (entry !== undefined) found.push(entry);
      }
      return found;
    },
    countAbove(lsn) {
      if (holes === 0) return entries.length - positionOf(lsn + 1);
      let count = 0;
      for (let i = positionOf(lsn + 1); i < entries.length; i++) if (entries[i] !== undefined) count++;
      return count;
    },
  };
}
