/** The admission of one socket while it lasts: asks for a new token in time, and ends without one. */
import type { Admission } from './admission.ts';
import { opensRoom } from './namespaces.ts';

export interface Lease {
  opensRoom(room: string): boolean;
  /** Another admission takes the place of this one. */
  renew(admission: Admission): void;
  /** The socket is gone. */
  end(): void;
}

export interface LeaseEvents {
  /** The moment to ask the client for a new token. */
  onRenew(): void;
  /** It has ended. */
  onEnd(): void;
}

/** How long before the end a client is asked, milliseconds: it may have to log in again. */
const RENEW_AHEAD_MS = 120_000;
/** The longest that Node's timers wait, milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export function createLease(first: Admission, events: LeaseEvents): Lease {
  let admission = first;
  let asking: ReturnType<typeof setTimeout> | undefined;
  let ending: ReturnType<typeof setTimeout> | undefined;

  function stop(): void {
    clearTimeout(asking);
    clearTimeout(ending);
  }

  function start(): void {
    if (admission.expiresAt === undefined) return;
    const restMs = Math.max(0, admission.expiresAt - Date.now());
    if (restMs > MAX_TIMER_MS) {
      ending = setTimeout(start, MAX_TIMER_MS);
      return;
    }
    ending = setTimeout(events.onEnd, restMs);
    asking = setTimeout(events.onRenew, Math.max(restMs / 2, restMs - RENEW_AHEAD_MS));
  }

  start();
  return {
    opensRoom: (room) => opensRoom(admission.namespaces, room),
    renew(next) {
      stop();
      admission = next;
      start();
    },
    end: stop,
  };
}
