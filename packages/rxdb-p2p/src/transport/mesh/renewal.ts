/**
 * Now and then asks the server again who is there, and takes one more member, in exchange for a link when there is no
 * place: two groups in which everybody has all links that it looks for would never hear of each other otherwise. Often
 * at first and after every disturbance, then seldom, since each exchange costs a connection.
 */
import type { Timers } from '../../pool/timers.ts';
import { type BackoffOptions, createBackoff } from '../backoff.ts';
import { pick } from './choice.ts';

export interface Renewal {
  /** The server has named members of a room. Returns whether one of them is to be taken. */
  isDue(room: string): boolean;
  /** Something has changed: exchanges are frequent again. */
  disturbed(): void;
  stop(): void;
}

export interface RenewalDeps {
  readonly delays: BackoffOptions;
  readonly timers: Timers;
  /** rooms with members that we are not linked with */
  readonly rooms: () => readonly string[];
  readonly ask: (room: string) => void;
}

export function createRenewal({ delays, timers, rooms, ask }: RenewalDeps): Renewal {
  const backoff = createBackoff(delays, timers.random);
  const due = new Set<string>();
  let stopped = false;
  let stopTimer = plan();

  function plan(): () => void {
    if (stopped) return () => undefined;
    return timers.after(backoff.next(), () => {
      stopTimer = plan();
      const room = pick(rooms(), timers.random);
      if (room === undefined) return;
      due.add(room);
      ask(room);
    });
  }

  return {
    isDue: (room) => due.delete(room),
    disturbed() {
      backoff.reset();
      stopTimer();
      stopTimer = plan();
    },
    stop() {
      stopped = true;
      stopTimer();
    },
  };
}
