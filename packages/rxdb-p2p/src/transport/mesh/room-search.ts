/** Asks the server again who is in a room, now and then, as long as we have too few links there. */
import type { Timers } from '../../pool/timers.ts';
import { type Backoff, type BackoffOptions, createBackoff } from '../backoff.ts';

export interface RoomSearch {
  /** The server has answered for this room, or refused to: the next question is due after a delay. */
  answered(room: string): void;
  /** There is one more link in this room: no more questions, if that is enough. */
  found(room: string): void;
  /** A link in this room is gone: ask soon, if that makes too few. */
  lost(room: string): void;
  stop(room: string): void;
  stopAll(): void;
}

/** @param ask to join the room again; called only for a room that `wantsMore` links */
export function createRoomSearch(
  delays: BackoffOptions,
  timers: Timers,
  wantsMore: (room: string) => boolean,
  ask: (room: string) => void,
): RoomSearch {
  const searches = new Map<string, { readonly backoff: Backoff; stopTimer: (() => void) | undefined }>();

  function answered(room: string): void {
    const search = searches.get(room) ?? { backoff: createBackoff(delays, timers.random), stopTimer: undefined };
    searches.set(room, search);
    if (search.stopTimer !== undefined || !wantsMore(room)) return;
    search.stopTimer = timers.after(search.backoff.next(), () => {
      search.stopTimer = undefined;
      if (wantsMore(room)) ask(room);
    });
  }

  function stop(room: string): void {
    searches.get(room)?.stopTimer?.();
    searches.delete(room);
  }

  return {
    answered,
    found(room) {
      if (!wantsMore(room)) stop(room);
    },
    lost(room) {
      if (!wantsMore(room)) return;
      stop(room);
      answered(room);
    },
    stop,
    stopAll() {
      for (const room of [...searches.keys()]) stop(room);
    },
  };
}
