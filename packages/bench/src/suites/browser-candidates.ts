/** Who is measured in browsers, and how their failures are told. */
import type { Results } from '../browser/interleave.ts';
import type { Candidate } from '../browser/peers.ts';

export const OURS: Candidate = { label: 'rxdb-p2p', system: 'rxdb-p2p' };
export const RXDB: Candidate = { label: 'RxDB, its default batch of 20', system: 'rxdb' };
/** Where only the documents are to be there soon, and the batch size makes no difference afterwards. */
export const RXDB_LARGE: Candidate = { label: 'RxDB, batches of 1000', system: 'rxdb', batchSize: 1_000 };
export const YJS: Candidate = { label: 'y-webrtc, y-indexeddb', system: 'yjs' };

export function failureNotes(what: string, results: readonly Results<unknown>[]): string[] {
  return results.flatMap(({ label, failures }) =>
    [...new Set(failures)].map((why) => `FAILS: ${[label, what].filter((part) => part !== '').join(', ')}: ${why}`),
  );
}
