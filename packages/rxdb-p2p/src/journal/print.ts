/**
 * The fingerprint of a journal's heads, and whether it is settled: no head that the vector does not cover, and no fold that is
 * still to be written. Not stored: all records are in memory, and to add them up costs less than to read them.
 */
import { covers, Fingerprint, type Print, type Vector } from '@rxdb-p2p/protocol';
import type { DocRecord } from './record.ts';

export interface JournalPrint {
  /** A record replaces the one before, under this vector; undefined: `review` follows. */
  put(before: DocRecord | undefined, record: DocRecord, vector: Vector | undefined): void;
  /** All records were put: looks at each of them once. */
  review(vector: Vector): void;
  remove(record: DocRecord): void;
  /** The vector was lowered: any record may stand above it. */
  doubt(): void;
  of(vector: Vector): Print;
}

export function createJournalPrint(records: ReadonlyMap<string, DocRecord>): JournalPrint {
  const fingerprint = new Fingerprint();
  /** Documents that may stand above the vector; those that do not any more are found when somebody asks. */
  const suspects = new Set<string>();

  const isOpen = ({ heads, pending }: DocRecord, vector: Vector): boolean =>
    pending !== undefined || heads.some(({ head }) => !covers(vector, head));

  function isSettled(vector: Vector): boolean {
    for (const id of suspects) {
      const record = records.get(id);
      if (record !== undefined && isOpen(record, vector)) return false;
      suspects.delete(id);
    }
    return true;
  }

  return {
    put(before, record, vector) {
      if (vector !== undefined && isOpen(record, vector)) suspects.add(record.id);
      if (before?.heads === record.heads) return;
      if (before !== undefined) fingerprint.remove(record.id, before.heads);
      fingerprint.add(record.id, record.heads);
    },
    review(vector) {
      for (const record of records.values()) if (isOpen(record, vector)) suspects.add(record.id);
    },
    remove: ({ id, heads }) => fingerprint.remove(id, heads),
    doubt() {
      for (const id of records.keys()) suspects.add(id);
    },
    of: (vector) => ({ sum: fingerprint.bytes(), settled: isSettled(vector) }),
  };
}
