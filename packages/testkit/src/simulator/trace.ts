/** A hash of everything that happens in a run: the same seed gives the same one, in any process. */
import { createHash } from 'node:crypto';
import type { StorageWrite } from './process.ts';

export interface Trace {
  message(at: number, from: string, to: string, message: Uint8Array): void;
  write(at: number, device: string, write: StorageWrite): void;
  /** hexadecimal */
  digest(): string;
}

export function createTrace(): Trace {
  const hash = createHash('sha256');
  const note = (...parts: readonly unknown[]): void => {
    hash.update(`${JSON.stringify(parts)}\n`);
  };
  return {
    message(at, from, to, message) {
      note('message', at, from, to, message.length);
      hash.update(message);
    },
    // Rows of the journal carry the real clock of the machine beside their text.
    write: (at, device, { instance, context, rows }) =>
      note(
        'write',
        at,
        device,
        instance,
        context,
        instance === 'items' ? rows : rows.map(({ key, text }) => [key, text]),
      ),
    digest: () => hash.copy().digest('hex').slice(0, 32),
  };
}
