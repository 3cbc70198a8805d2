/** Sees when a replica's fetch of its own writes, after a rollback say, has ended (ARCHITECTURE §4). */
import { dominates, type SyncState } from '@rxdb-p2p/protocol';
import type { CollectionReplica } from '../replica/collection-replica.ts';
import type { Timers } from './timers.ts';

export interface FetchWatch {
  /** @param isAsking whether a neighbour is to be asked soon */
  look(state: SyncState, isAsking: boolean): void;
  end(): void;
}

/** How long the fetch waits, while all who are here hold no more, for somebody who was known to, milliseconds. */
const PATIENCE_MS = 30_000;

/** @param guard is given what may fail */
export function createFetchWatch(
  replica: CollectionReplica,
  timers: Timers,
  guard: (work: Promise<void>) => void,
): FetchWatch {
  let stopWaiting: (() => void) | undefined;

  function end(): void {
    stopWaiting?.();
    stopWaiting = undefined;
  }

  return {
    look(state, isAsking) {
      const { awaited } = replica;
      if (awaited === 'none' || isAsking || !hasAll(state)) end();
      else if (awaited === 'any') guard(replica.fetched());
      // Whoever holds the rest may have gone for a moment, or for good.
      else stopWaiting ??= timers.after(PATIENCE_MS, () => guard(replica.fetched()));
    },
    end,
  };
}

/** Whether a neighbour is known to hold nothing that is lacking here, and none is asked. */
function hasAll({ pull, neighbours, vector }: SyncState): boolean {
  if (pull !== null) return false;
  return [...neighbours.values()].some(
    ({ directions, remote }) => directions.incoming && remote !== null && dominates(vector, remote),
  );
}
