/** Delays that double, with jitter so that those who failed together do not come back together. */
export interface Backoff {
  /** The next delay, milliseconds: between half and all of a ceiling that doubles with each call. */
  next(): number;
  reset(): void;
}

export interface BackoffOptions {
  /** ceiling of the first delay */
  readonly minMs: number;
  /** ceiling of every delay */
  readonly maxMs: number;
}

/** @param random in [0, 1) */
export function createBackoff({ minMs, maxMs }: BackoffOptions, random: () => number): Backoff {
  let failures = 0;
  return {
    next() {
      const ceiling = Math.min(maxMs, minMs * 2 ** failures);
      failures += 1;
      return ceiling * (0.5 + random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}
