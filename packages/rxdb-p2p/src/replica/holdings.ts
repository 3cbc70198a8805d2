/** A journal's documents as a repair compares them. */
import type { Holdings } from '@rxdb-p2p/protocol';
import type { Journal } from '../journal/journal.ts';

export function createHoldings(journal: Journal): Holdings {
  let sorted: readonly string[] = [];
  let sortedAt = -1;
  return {
    ids() {
      const { records, lsn } = journal;
      // Records come with a new lsn, and go without one.
      if (sortedAt !== lsn || sorted.length !== records.size) {
        sorted = [...records.keys()].sort();
        sortedAt = lsn;
      }
      return sorted;
    },
    headsOf: (id) => journal.records.get(id)?.heads,
  };
}
