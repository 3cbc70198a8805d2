/** Virtual time: timers fire in order, as fast as the machine can, and always in the same order for the same seed. */
import type { Timers } from 'rxdb-p2p/testing';
import type { Random } from './random.ts';

export interface VirtualTime extends Timers {
  /** timers under way */
  readonly pending: number;
  /** Fires timers until this much virtual time has passed, letting promises settle after each. */
  run(ms: number): Promise<void>;
  /** Lets as much virtual time pass as an answer takes. */
  answer<T>(question: Promise<T>): Promise<T>;
  /** Virtual time stands still while this goes on, however long it really takes. */
  hold<T>(work: Promise<T>): Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  stopped: boolean;
}

export function createVirtualTime(random: Random): VirtualTime {
  let now = 0;
  let order = 0;
  let held = 0;
  // Sorted by time, then by order; short enough that insertion is cheaper than a heap's bookkeeping.
  const timers: Timer[] = [];

  const insert = (timer: Timer): void => {
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = timers[middle];
      if (other !== undefined && (other.at < timer.at || (other.at === timer.at && other.order < timer.order)))
        low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, timer);
  };

  /** Lets every promise that can settle do so: a macrotask runs after all microtasks. */
  async function settle(): Promise<void> {
    do await new Promise<void>((resolve) => setImmediate(resolve));
    while (held > 0);
  }

  async function run(ms: number): Promise<void> {
    const end = now + ms;
    await settle();
    for (;;) {
      const next = timers[0];
      if (next === undefined || next.at > end) break;
      timers.shift();
      if (next.stopped) continue;
      now = next.at;
      next.run();
      await settle();
    }
    now = end;
  }

  return {
    now: () => now,
    random: random.next,
    after(ms, run) {
      const timer: Timer = { at: now + ms, order: order++, run, stopped: false };
      insert(timer);
      return () => {
        timer.stopped = true;
      };
    },
    run,
    get pending() {
      return timers.length;
    },
    hold(work) {
      held++;
      const done = (): void => {
        held--;
      };
      work.then(done, done);
      return work;
    },
    async answer(question) {
      let answered = false;
      const noted = question.finally(() => {
        answered = true;
      });
      for (let ms = 0; !answered; ms++) await run(ms);
      return noted;
    },
  };
}
