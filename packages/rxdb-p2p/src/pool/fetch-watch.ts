/**
 * Ends a replica's fetch of its own writes, after a rollback, when nobody brings what others were known to hold (ARCHITECTURE §4):
 * whoever knew of it may have lost it, or never come back.
 */
import { countMissing, type SyncState } from '@rxdb-p2p/protocol';
import type { CollectionReplica } from '../replica/collection-replica.ts';
import type { Timers } from './timers.ts';

export interface FetchWatch {
  /** Called after every step of the session. */
  look(): void;
  end(): void;
}

/** How long the fetch waits before it ends among neighbours that hold no more, milliseconds: whoever does may have gone for a moment. */
const PATIENCE_MS = 20_000;

export function createFetchWatch(
  replica: CollectionReplica,
  timers: Timers,
  state: () => SyncState,
  guard: (work: Promise<void>) => void,
): FetchWatch {
  let stopWaiting: (() => void) | undefined;
  /** under which name it writes since: another rollback begins anew */
  let name = '';

  function end(): void {
    stopWaiting?.();
    stopWaiting = undefined;
  }

  return {
    look() {
      if (!replica.isFetching || replica.actor !== name) end();
      if (!replica.isFetching) return;
      name = replica.actor;
      stopWaiting ??= timers.after(PATIENCE_MS, () => {
        stopWaiting = undefined;
        if (isComplete(state())) guard(replica.endFetch());
        else this.look();
      });
    },
    end,
  };
}

/** Whether neighbours bring no more: some have told what they hold, and none has anything that it has not failed to send before. */
function isComplete({ pull, neighbours, vector }: SyncState): boolean {
  const sources = [...neighbours.values()].filter(({ directions }) => directions.incoming);
  const known = sources.flatMap(({ remote, fruitless }) => (remote === null ? [] : [{ remote, fruitless }]));
  const mayBring = known.some(({ remote, fruitless }) => fruitless === 0 && countMissing(remote, vector) > 0);
  return pull === null && known.length > 0 && known.length === sources.length && !mayBring;
}
