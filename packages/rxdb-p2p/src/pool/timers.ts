/** Time and chance, as a port: real ones here, virtual ones in the simulator. */
import { randomFraction } from '../random.ts';

export interface Timers {
  /** monotonic milliseconds */
  now(): number;
  /** @returns a function that stops it */
  after(ms: number, run: () => void): () => void;
  /** from 0 up to, not including, 1 */
  random(): number;
}

export function createTimers(): Timers {
  return {
    now: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: randomFraction,
  };
}
