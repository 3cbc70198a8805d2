/**
 * Runs tasks one after another. The first that fails stops the queue: what was asked for behind it, the claim of a
 * catch-up say, was meant for a state that is not there, and must not be stored as if it were.
 */
export interface Queue {
  /** Rejects with the failure that stopped the queue once there is one. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when all that was queued has run. */
  idle(): Promise<void>;
  readonly stopped: boolean;
}

/**
 * @param onStop told of the failure, once, before the task's own caller
 * @param isRefusal of a failure that concerns the task's caller alone: the queue goes on
 */
export function createQueue(onStop: (cause: unknown) => void, isRefusal: (cause: unknown) => boolean): Queue {
  let last: Promise<unknown> = Promise.resolve();
  let failure: { readonly cause: unknown } | undefined;

  async function attempt<T>(task: () => Promise<T>): Promise<T> {
    if (failure !== undefined) throw failure.cause;
    try {
      return await task();
    } catch (cause) {
      if (failure === undefined && !isRefusal(cause)) {
        failure = { cause };
        onStop(cause);
      }
      throw cause;
    }
  }

  return {
    run(task) {
      const result = last.then(() => attempt(task));
      // The caller gets the failure; the chain must go on.
      last = result.catch(() => undefined);
      return result;
    },
    async idle() {
      await last;
    },
    get stopped() {
      return failure !== undefined;
    },
  };
}
