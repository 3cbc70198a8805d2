/** Allows bursts, and a steady rate after them. */
export interface TokenBucket {
  /** Takes the amount and returns true, or takes nothing when there is less. */
  take(amount: number): boolean;
}

/** `now` is a clock in milliseconds that never goes back. */
export function createTokenBucket(capacity: number, perSecond: number, now: () => number): TokenBucket {
  let tokens = capacity;
  let filledAt = now();
  return {
    take(amount) {
      const time = now();
      tokens = Math.min(capacity, tokens + ((time - filledAt) / 1000) * perSecond);
      filledAt = time;
      if (tokens < amount) return false;
      tokens -= amount;
      return true;
    },
  };
}
