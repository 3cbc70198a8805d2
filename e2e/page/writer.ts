/** A person who writes at a pace. */
import type { RxCollection } from 'rxdb';
import { ACKNOWLEDGED, type PlainDocument } from './api.ts';

export interface Writer {
  /** Resolves with the ids of all documents that were acknowledged. */
  stop(): Promise<readonly string[]>;
}

/** @param prefix of the ids, which are numbered */
export function startWriter(collection: RxCollection<PlainDocument>, prefix: string, ms: number): Writer {
  const ids: string[] = [];
  let stopped = false;

  async function write(id: string): Promise<void> {
    try {
      await collection.insert({ id, text: String(Date.now()) });
    } catch (error) {
      // The browser has aborted the transaction, because the page stood still: the person has been told that it failed.
      console.log(`not written: ${id}: ${String(error)}`);
      return;
    }
    ids.push(id);
    console.log(ACKNOWLEDGED + id);
  }

  async function writeOn(): Promise<void> {
    for (let number = 0; !stopped; number++) {
      await write(prefix + String(number).padStart(6, '0'));
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }

  const writing = writeOn();
  return {
    async stop() {
      stopped = true;
      await writing;
      return ids;
    },
  };
}
