/** Runs tasks one after another. A task that fails fails alone. */
export interface Queue {
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when all that was queued has run. */
  idle(): Promise<void>;
}

export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(task) {
      const result = last.then(task);
      // The caller gets the failure; the chain must go on.
      last = result.catch(() => undefined);
      return result;
    },
    async idle() {
      await last;
    },
  };
}
