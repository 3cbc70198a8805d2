/**
 * What comes in on one link: messages become frames, each in its turn. A peer within its budget is heard at once. Beyond it,
 * or while it does not read our answers, its messages wait as they are; when too many wait, the link has to end.
 */
import {
  type Budget,
  createAssembler,
  decodeFrame,
  delayOf,
  type Frame,
  initialBudget,
  MAX_UNPROVEN_FRAME_BYTES,
  MAX_WAITING_BYTES,
  MAX_WAITING_MESSAGES,
  MESSAGE_WORK,
  P2PError,
  spend,
  spendOn,
} from '@rxdb-p2p/protocol';
import type { Timers } from './timers.ts';

export interface Intake {
  /** A message came. */
  push(message: Uint8Array): void;
  /** The link has drained: messages that waited for that go on. */
  resume(): void;
  /** Takes off what an answer costs, bytes. */
  charge(bytes: number): void;
  /** From now on frames may be as large as they get: the peer has shown that it has a topic of ours. */
  trust(): void;
  /** Whether a large frame is coming in, part by part and not too slowly. */
  readonly receiving: boolean;
  close(): void;
}

export interface IntakeDeps {
  readonly timers: Timers;
  frame(frame: Frame): void;
  /** A part of a frame came, or a message that has to wait. */
  heard(): void;
  /** The link has to end: `OVER_BUDGET`, or a code of the wire. */
  refuse(error: P2PError): void;
  /** bytes of ours that the peer has not taken yet */
  unread(): number;
}

/** Bytes of ours above which a peer that does not read is not heard either: half of what a data channel holds. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;

/** Messages that waited and are heard in one turn, before others get theirs. */
const MESSAGES_PER_TURN = 32;

/** A frame whose next part takes longer than this is not coming in any more, milliseconds. */
const PART_MS = 10_000;
/** Nor is one that comes slower than this on the whole, bytes a second; and how long it has before that is looked at. */
const MIN_BYTES_PER_SECOND = 1_024;
const SLOW_AFTER_MS = 20_000;

export function createIntake({ timers, frame, heard, refuse, unread }: IntakeDeps): Intake {
  let assembler = createAssembler({ maxFrameBytes: MAX_UNPROVEN_FRAME_BYTES });
  let budget: Budget = initialBudget(timers.now());
  let waiting: Uint8Array[] = [];
  /** how many of them have been heard already */
  let done = 0;
  let waitingBytes = 0;
  let unfinished: { since: number; at: number; bytes: number } | undefined;
  let stopTimer: (() => void) | undefined;
  let closed = false;

  const mayHear = (): boolean => unread() <= MAX_UNREAD_BYTES && delayOf(budget, timers.now()) === 0;

  function hear(message: Uint8Array): void {
    const now = timers.now();
    budget = spend(budget, MESSAGE_WORK, now);
    let made: Frame | undefined;
    try {
      const bytes = assembler.push(message);
      if (bytes === undefined) {
        unfinished = { since: unfinished?.since ?? now, at: now, bytes: (unfinished?.bytes ?? 0) + message.length };
      } else {
        unfinished = undefined;
        made = decodeFrame(bytes);
        budget = spendOn(budget, made, now);
      }
    } catch (error) {
      if (!(error instanceof P2PError)) throw error;
      refuse(error);
      return;
    }
    if (made === undefined) heard();
    else frame(made);
  }

  function wait(message: Uint8Array): void {
    waiting.push(message);
    waitingBytes += message.length;
    const count = waiting.length - done;
    if (count > MAX_WAITING_MESSAGES || waitingBytes > MAX_WAITING_BYTES) {
      const expected = `at most ${MAX_WAITING_MESSAGES} messages and ${MAX_WAITING_BYTES} bytes that wait`;
      const got = `${count} and ${waitingBytes}`;
      refuse(new P2PError('OVER_BUDGET', 'the peer sends more than anybody could use', { expected, got }));
      return;
    }
    heard();
    schedule();
  }

  /** Where the peer has to read first, `resume` goes on. */
  function schedule(): void {
    if (stopTimer !== undefined || closed || unread() > MAX_UNREAD_BYTES) return;
    stopTimer = timers.after(delayOf(budget, timers.now()), () => {
      stopTimer = undefined;
      turn();
    });
  }

  function turn(): void {
    for (let i = 0; i < MESSAGES_PER_TURN && !closed && done < waiting.length && mayHear(); i++) {
      const message = waiting[done] as Uint8Array;
      done++;
      waitingBytes -= message.length;
      hear(message);
    }
    if (done === waiting.length) {
      waiting = [];
      done = 0;
    } else {
      // Those that were heard are let go now and then, not one by one.
      if (done > MAX_WAITING_MESSAGES / 2) {
        waiting = waiting.slice(done);
        done = 0;
      }
      schedule();
    }
  }

  return {
    push(message) {
      if (closed) return;
      if (done < waiting.length || !mayHear()) wait(message);
      else hear(message);
    },
    resume() {
      if (done < waiting.length) schedule();
    },
    charge(bytes) {
      budget = spend(budget, bytes, timers.now());
    },
    trust() {
      assembler = createAssembler();
    },
    get receiving() {
      if (done < waiting.length) return true;
      if (unfinished === undefined) return false;
      const now = timers.now();
      const took = now - unfinished.since;
      const slow = took > SLOW_AFTER_MS && (unfinished.bytes / took) * 1_000 < MIN_BYTES_PER_SECOND;
      return now - unfinished.at < PART_MS && !slow;
    },
    close() {
      closed = true;
      stopTimer?.();
      waiting = [];
      done = 0;
      waitingBytes = 0;
    },
  };
}
