/** Waiting by looking again, for what has no event. */

const INTERVAL_MS = 10;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves to whether the condition held before time was up. */
export async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() >= end) return false;
    await sleep(INTERVAL_MS);
  }
  return true;
}

/**
 * Resolves to whether the counter stood still for as long, from now on, before time was up. Counts looks, not time: a
 * process that is busy computing is not at rest.
 */
export function still(counter: () => number, forMs: number, timeoutMs: number): Promise<boolean> {
  let last = counter();
  let looks = 0;
  return until(() => {
    const current = counter();
    looks = current === last ? looks + 1 : 0;
    last = current;
    return looks > forMs / INTERVAL_MS;
  }, timeoutMs);
}
