/**
 * Time of one call, in a page. Calls are timed in slices shorter than what an operating system gives a program at a time; the
 * lower quartile of many slices is the time of a call that nothing else on the machine interrupted.
 */

/** Milliseconds of one slice, or one call where that takes longer. Isolated pages have clocks of 5 microseconds. */
const SLICE_MS = 1;
/** Milliseconds that are measured, and before that the same again, so that the code is compiled. */
const MEASURED_MS = 150;
const MIN_SLICES = 9;

/** Microseconds of one call. */
export function microsecondsOf(call: () => void): number {
  let count = 1;
  const slice = (): number => {
    const startedAt = performance.now();
    for (let i = 0; i < count; i++) call();
    return performance.now() - startedAt;
  };
  for (const warmEnd = performance.now() + MEASURED_MS; performance.now() < warmEnd; ) {
    if (slice() < SLICE_MS / 2) count *= 2;
  }
  const slices: number[] = [];
  for (let total = 0; total < MEASURED_MS || slices.length < MIN_SLICES; total += slices.at(-1) ?? 0)
    slices.push(slice());
  return (lowerQuartile(slices) * 1_000) / count;
}

/** For asynchronous ones; one is over before the next begins. */
export async function microsecondsOfAsync(call: () => Promise<void>): Promise<number> {
  let count = 1;
  const slice = async (): Promise<number> => {
    const startedAt = performance.now();
    for (let i = 0; i < count; i++) await call();
    return performance.now() - startedAt;
  };
  for (const warmEnd = performance.now() + MEASURED_MS; performance.now() < warmEnd; ) {
    if ((await slice()) < SLICE_MS / 2) count *= 2;
  }
  const slices: number[] = [];
  for (let total = 0; total < MEASURED_MS || slices.length < MIN_SLICES; total += slices.at(-1) ?? 0) {
    slices.push(await slice());
  }
  return (lowerQuartile(slices) * 1_000) / count;
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}
