/** Clocks: the order of concurrent values. They decide who wins, never what to send (ARCHITECTURE §3). */
import type { Actor } from './dot.ts';
import { compareStrings } from './dot.ts';

/** When and by which write a value was set. `time` is a timestamp: hundredths of a millisecond. */
export interface Clock {
  readonly time: number;
  readonly actor: Actor;
  readonly seq: number;
}

/** 2^52 hundredths of a millisecond: the year 3397. Beyond it an envelope is unreadable. */
export const MAX_TIMESTAMP: number = 2 ** 52;

/** The clock of a field that nobody has written. */
export const NO_CLOCK: Clock = { time: 0, actor: '', seq: 0 };

export function compareClocks(a: Clock, b: Clock): number {
  return a.time - b.time || compareStrings(a.actor, b.actor) || a.seq - b.seq;
}

export function isTimestamp(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIMESTAMP;
}

/**
 * The timestamp of a new write: one tick after its wall clock and after all that it could see, so that a clock
 * that stands back cannot bring a superseded value up again.
 *
 * @param wallMs milliseconds since 1970, RxDB's `_meta.lwt` (two decimals)
 */
export function nextTimestamp(wallMs: number, seen: Iterable<number>): number {
  let latest = Math.max(0, Math.round(wallMs * 100));
  for (const time of seen) if (time > latest) latest = time;
  return Math.min(latest + 1, MAX_TIMESTAMP);
}
