/** Asks the server again who is in a room, now and then, as long as we are linked with nobody there. */
import { type Backoff, type BackoffOptions, createBackoff } from '../backoff.ts';

export interface RoomSearch {
  /** The server has answered for this room, or refused to: the next question is due after a delay. */
  answered(room: string): void;
  /** There is a link in this room: no more questions. */
  found(room: string): void;
  /** The last link in this room is gone: ask soon. */
  lost(room: string): void;
  stop(room: string): void;
  stopAll(): void;
}

/** @param ask to join the room again; called only for rooms that `isLonely` */
export function createRoomSearch(
  delays: BackoffOptions,
  random: () => number,
  isLonely: (room: string) => boolean,
  ask: (room: string) => void,
): RoomSearch {
  const searches = new Map<string, { readonly backoff: Backoff; timer: ReturnType<typeof setTimeout> | undefined }>();

  function answered(room: string): void {
    const search = searches.get(room) ?? { backoff: createBackoff(delays, random), timer: undefined };
    searches.set(room, search);
    if (search.timer !== undefined || !isLonely(room)) return;
    search.timer = setTimeout(() => {
      search.timer = undefined;
      if (isLonely(room)) ask(room);
    }, search.backoff.next());
  }

  function stop(room: string): void {
    clearTimeout(searches.get(room)?.timer);
    searches.delete(room);
  }

  return {
    answered,
    found: stop,
    lost(room) {
      stop(room);
      answered(room);
    },
    stop,
    stopAll() {
      for (const room of [...searches.keys()]) stop(room);
    },
  };
}
