/** Waits for code of the application, but not for ever. */
import type { Timers } from '../pool/timers.ts';

export class NoAnswerError extends Error {}

/** @throws NoAnswerError when there is no answer after so many milliseconds; one that comes later is dropped */
export function withinTime<T>(answer: Promise<T>, ms: number, timers: Pick<Timers, 'after'>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = timers.after(ms, () => reject(new NoAnswerError(`no answer within ${ms} ms`)));
    answer.then(resolve, reject).finally(stop);
  });
}
