/** Whether two replicas hold the same, by what the other has said last (SPEC.md §5.2, SYNC-15). */
import { bytesEqual, sameVector } from '../version/vector.ts';
import type { Neighbour, SyncState } from './sync-types.ts';

/**
 * `unknown`: one of the two lacks something, or is in the middle of a change. `different`: nothing is under way that would
 * make them the same.
 */
export type Agreement = 'unknown' | 'same' | 'different';

export function agreementWith(state: SyncState, { directions, remote, fingerprint }: Neighbour): Agreement {
  if (!directions.outgoing || !directions.incoming || remote === null || fingerprint === null) return 'unknown';
  if (!sameVector(remote, state.vector)) return 'unknown';
  if (bytesEqual(fingerprint.sum, state.fingerprint.sum)) return 'same';
  return fingerprint.settled && state.fingerprint.settled ? 'different' : 'unknown';
}
