/** What became of writes: whether a device holds them, and which of them are forks. */
import { type Dot, type Head, sameDot, sameHead, supersedes } from '@rxdb-p2p/protocol';
import type { WatchedDevice } from './device.ts';
import type { Write, Writes } from './writes.ts';

export interface HeldWrites {
  /** It, or what supersedes it. */
  holds(device: WatchedDevice, write: Write): boolean;
  holdsUnderAnyName(device: WatchedDevice, write: Write): boolean;
  isForked(dot: Dot): boolean;
  isBehindFork(write: Write): boolean;
  isReplaced(write: Write, by: readonly Write[]): boolean;
}

/**
 * @param again under which other names a write has gone on
 * @param losers devices whose disks have lost something
 */
export function createHeldWrites(
  writes: Writes,
  again: ReadonlyMap<Write, readonly Write[]>,
  losers: ReadonlySet<string>,
): HeldWrites {
  const holds = ({ journal }: WatchedDevice, { id, head }: Write): boolean => {
    const record = journal.records.get(id);
    const heads = [...(record?.heads ?? []), ...(record?.pending?.heads ?? [])];
    const isHeld = ({ head: other }: { readonly head: Head }): boolean =>
      sameHead(other, head) || (supersedes(other, head) && !sameDot(other, head));
    const isStored = ({ head: other }: Write): boolean => heads.some((stored) => sameHead(stored.head, other));
    // A write that was found again after a loss may name less than it did, and yet is the same to others.
    return heads.some(isHeld) || (losers.size > 0 && writes.to(id).some((write) => isStored(write) && isHeld(write)));
  };

  /** It, or one that has superseded it: which goes on, maybe, without naming it, since others may know another one by that name. */
  const holdsUnderAnyName = (device: WatchedDevice, write: Write): boolean =>
    holds(device, write) ||
    writes
      .to(write.id)
      .filter((later) => later === write || supersedes(later.head, write.head))
      .some((later) => (again.get(later) ?? []).some((other) => holdsUnderAnyName(device, other)));

  /**
   * Whoever has one of two versions of a dot is not sent the other one before a repair, nor what only that supersedes; and
   * a later write of that author takes the place of both.
   */
  const isBehindFork = ({ id, head }: Write): boolean =>
    writes.to(id).some((other) => supersedes(other.head, head) && isForked(other.head));

  const isForked = ({ actor, seq }: Dot): boolean => writes.by(actor, seq - 1, seq).length > 1;

  /** What was made on one side of a fork takes the place of the other one, too, but not of what that had superseded. */
  const isReplaced = ({ head }: Write, by: readonly Write[]): boolean =>
    isForked(head) &&
    by.some(
      ({ head: later }) =>
        !sameDot(later, head) &&
        supersedes(later, head) &&
        by.some(({ head: base }) => base !== later && supersedes(head, base) && !supersedes(later, base)),
    );

  return { holds, holdsUnderAnyName, isForked, isBehindFork, isReplaced };
}
