/**
 * What a peer may make us do without having been asked, as a token bucket in units of work: about one for each byte that is
 * read, hashed or answered. A peer that is beyond it waits (CONN-20); other peers notice nothing. Versions cost nothing
 * here: they come within the credit that we gave (SYNC-11, SYNC-12).
 */
import { MAX_FRAME_BYTES } from '../limits.ts';
import type { Frame } from './frames.ts';

/** Work that a peer may cause in one second. An honest one stays below a tenth of it; the worst takes a few per cent of a core. */
export const WORK_PER_SECOND: number = 4 * 1024 * 1024;

/** Work that a peer may cause at once, after silence: opening all collections of an application, and their first exchange. */
export const WORK_BURST: number = 1024 * 1024;

/** Messages and bytes of one peer that may wait for their turn. A peer that sends more is cut off, `OVER_BUDGET`. */
export const MAX_WAITING_MESSAGES: number = 16_384;
export const MAX_WAITING_BYTES: number = 2 * MAX_FRAME_BYTES;

/** A message, whatever is in it: parts of a frame may be as short as one byte. */
export const MESSAGE_WORK: number = 256;
/** A frame of a few bytes: decoding, a step, what the step makes others look at. */
const FRAME_WORK = 4_096;
/** A channel that comes or goes: vectors are told anew, pulls begin anew. */
const CHANNEL_WORK = 16_384;
/** A batch of a scan is read for it. */
const WANT_WORK = 65_536;
/** A repair's question: ids are sorted, and the heads of up to 65,536 documents added up. 50 to 100 ms. */
const COMPARE_WORK = 256 * 1_024;
/** A digest of a repair's answer is compared with one of our own. */
const DIGEST_WORK = 64;
/** An entry of a vector: a HAVE is hashed together with all that is known already. */
const ENTRY_WORK = 64;

export interface Budget {
  /** work that may be done at `at`; below 0 it is owed */
  readonly left: number;
  /** monotonic milliseconds */
  readonly at: number;
  /** the most entries that a vector of this peer had */
  readonly entries: number;
}

export function initialBudget(now: number): Budget {
  return { left: WORK_BURST, at: now, entries: 0 };
}

export function spend(budget: Budget, work: number, now: number): Budget {
  const earned = (Math.max(0, now - budget.at) / 1_000) * WORK_PER_SECOND;
  return { ...budget, left: Math.min(WORK_BURST, budget.left + earned) - work, at: Math.max(now, budget.at) };
}

/** Milliseconds until something may be done again; 0: now. */
export function delayOf(budget: Budget, now: number): number {
  const { left } = spend(budget, 0, now);
  return left >= 0 ? 0 : Math.ceil((-left / WORK_PER_SECOND) * 1_000);
}

/** Takes a frame off the budget, for what it is and what it makes us do. */
export function spendOn(budget: Budget, frame: Frame, now: number): Budget {
  const entries = Math.max(budget.entries, entriesOf(frame));
  return spend({ ...budget, entries }, workOf(frame, entries), now);
}

function entriesOf(frame: Frame): number {
  switch (frame.type) {
    case 'have':
      return frame.entries.size;
    case 'want':
      return frame.vector.size;
    case 'entries':
      return frame.claim?.size ?? 0;
    default:
      return 0;
  }
}

function workOf(frame: Frame, entries: number): number {
  switch (frame.type) {
    case 'open':
    case 'close':
      return CHANNEL_WORK;
    case 'have':
      return FRAME_WORK + entries * ENTRY_WORK;
    case 'compare':
      return COMPARE_WORK;
    case 'differ':
      return FRAME_WORK + frame.items.length * DIGEST_WORK;
    case 'fetch':
      return WANT_WORK;
    case 'want':
      return WANT_WORK + entriesOf(frame) * ENTRY_WORK;
    case 'push':
      return 0;
    case 'entries':
      return frame.versions.length === 0 ? FRAME_WORK : 0;
    default:
      return FRAME_WORK;
  }
}
