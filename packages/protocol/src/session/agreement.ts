/** Whether two replicas hold the same, by what the other has said last (SPEC.md §5.2, SYNC-15). */
import { bytesEqual, sameVector } from '../version/vector.ts';
import type { Neighbour, SyncState } from './sync-types.ts';

/**
 * `unknown`: one of the two lacks something, or is in the middle of a change. `different`: nothing is under way that would
 * make them the same.
 */
export type Agreement = 'unknown' | 'same' | 'different';

export function agreementWith(state: SyncState, neighbour: Neighbour): Agreement {
  const equal = withEqualVectors(state, neighbour);
  if (equal === undefined) return 'unknown';
  if (equal.sums) return 'same';
  return equal.settled ? 'different' : 'unknown';
}

/** [REPAIR-6] One of the two holds what no vector covers, and nobody is asked for the rest: maybe it is gone for good. */
export function isStranded(state: SyncState, neighbour: Neighbour): boolean {
  const equal = withEqualVectors(state, neighbour);
  return equal !== undefined && !equal.sums && !equal.settled && state.pull === null;
}

/** Whether two replicas whose vectors are equal have equal heads, and are both settled. Undefined: their vectors are not, or unknown. */
function withEqualVectors(
  state: SyncState,
  { directions, remote, fingerprint }: Neighbour,
): { readonly sums: boolean; readonly settled: boolean } | undefined {
  if (!directions.outgoing || !directions.incoming || remote === null || fingerprint === null) return undefined;
  if (!sameVector(remote, state.vector)) return undefined;
  const settled = fingerprint.settled && state.fingerprint.settled;
  return { sums: bytesEqual(fingerprint.sum, state.fingerprint.sum), settled };
}
