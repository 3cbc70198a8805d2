/** Hands messages to one listener, in order; those that come before it are kept, up to a limit. */
import { MAX_EARLY_BYTES } from './link-limits.ts';

export interface Inbox {
  /** False when too much has come that nobody has listened to: the link is to be closed. */
  push(message: Uint8Array): boolean;
  /** The listener gets what has come at once, before this returns. */
  listen(listener: (message: Uint8Array) => void): void;
  /** Delivers nothing more. */
  end(): void;
}

export function createInbox(): Inbox {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let deliver: ((message: Uint8Array) => void) | undefined;
  let ended = false;

  return {
    push(message) {
      if (ended) return true;
      // While a new listener works off what came before it, later messages queue up behind.
      if (deliver !== undefined && waiting.length === 0) {
        deliver(message);
        return true;
      }
      waitingBytes += message.byteLength;
      if (waitingBytes > MAX_EARLY_BYTES) return false;
      waiting.push(message);
      return true;
    },
    listen(listener) {
      deliver = listener;
      for (let next = waiting[0]; next !== undefined && !ended; next = waiting[0]) {
        listener(next);
        waiting.shift();
      }
      waitingBytes = 0;
    },
    end() {
      ended = true;
      waiting = [];
    },
  };
}
