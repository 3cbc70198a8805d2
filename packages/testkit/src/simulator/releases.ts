/** Versions that people let go, for the log of writes: each is a write that is made in no document. */
import { type Dot, supersedes } from '@rxdb-p2p/protocol';
import type { Write } from './writes.ts';

export interface Releases {
  /** A person lets a version go that is kept aside on this device. */
  note(device: string, id: string, aside: Dot): void;
  /** Whether the device has made this write to let a version go. */
  take(device: string, write: Write): boolean;
  /** how many of them have been made */
  readonly made: number;
}

export function createReleases(): Releases {
  const noted: { readonly device: string; readonly id: string; readonly aside: Dot }[] = [];
  const made = new Set<Write>();
  return {
    note: (device, id, aside) => noted.push({ device, id, aside }),
    take(device, write) {
      const { id, head } = write;
      const isOne = noted.some((it) => it.device === device && it.id === id && supersedes(head, it.aside));
      if (isOne) made.add(write);
      return isOne;
    },
    get made() {
      return made.size;
    },
  };
}
