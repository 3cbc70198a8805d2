/** One direction of a memory link: a queue whose head is delivered whenever a message's time has come. */
import { LINK_DRAINED_BYTES } from './port.ts';
import type { Schedule } from './turns.ts';

/** What the network does to messages from one name to another. */
export interface Wire {
  readonly schedule: Schedule;
  readonly maxMessageBytes: number;
  /** One-way delay of a message. Undefined: all that is sent in one turn arrives together in a later one. */
  readonly delayMs: ((from: string, to: string, bytes: number) => number) | undefined;
  stalled(from: string, to: string): boolean;
  sent(from: string, to: string, message: Uint8Array): void;
}

/** A message, or the end of the link behind the last one. */
export type LaneItem = Uint8Array | 'end';

export interface LaneEvents {
  receive(item: LaneItem): void;
  /** What waits has fallen to LINK_DRAINED_BYTES. */
  drained(): void;
}

export interface Lane {
  readonly bufferedBytes: number;
  put(item: LaneItem): void;
  /** Delivers what was held up, once nothing stalls it. */
  resume(): void;
  /** Loses what is under way. */
  drop(): void;
}

/** Delivered items that the queue may hold before it is cut: few enough to forget, enough to make cutting rare. */
const SPENT_ITEMS = 1_024;

export function createLane(wire: Wire, from: string, to: string, events: LaneEvents): Lane {
  let queue: LaneItem[] = [];
  /** index of the oldest item of the queue */
  let head = 0;
  /** items whose time has come */
  let due = 0;
  let unscheduled = 0;
  let bufferedBytes = 0;

  function take(): LaneItem | undefined {
    const item = queue[head];
    head += 1;
    if (head >= queue.length || head > SPENT_ITEMS) {
      queue = queue.slice(head);
      head = 0;
    }
    return item;
  }

  function deliver(): void {
    while (due > 0 && !wire.stalled(from, to)) {
      due -= 1;
      const item = take();
      // Dropped, while its timer ran.
      if (item === undefined) return;
      const before = bufferedBytes;
      bufferedBytes -= sizeOf(item);
      const drained = before > LINK_DRAINED_BYTES && bufferedBytes <= LINK_DRAINED_BYTES;
      events.receive(item);
      if (drained) events.drained();
    }
  }

  function becomeDue(count: number): void {
    due += count;
    deliver();
  }

  return {
    get bufferedBytes() {
      return bufferedBytes;
    },
    put(item) {
      queue.push(item);
      bufferedBytes += sizeOf(item);
      if (wire.delayMs !== undefined) {
        // Each timer delivers the oldest item, not its own: a short delay never overtakes a long one.
        wire.schedule(() => becomeDue(1), wire.delayMs(from, to, sizeOf(item)));
        return;
      }
      unscheduled += 1;
      if (unscheduled > 1) return;
      wire.schedule(() => {
        const count = unscheduled;
        unscheduled = 0;
        becomeDue(count);
      }, 0);
    },
    resume: deliver,
    drop() {
      queue = [];
      head = 0;
      bufferedBytes = 0;
    },
  };
}

function sizeOf(item: LaneItem): number {
  return item === 'end' ? 0 : item.byteLength;
}
