/** A log of all writes that any replica has minted, and the rules that every replica must keep about them. */
import { covers, type Head, supersedes } from '@rxdb-p2p/protocol';
import type { Device } from './device.ts';

export interface WriteLog {
  /** Follows a device's commits, and checks the rule of the vector after each. */
  watch(device: Device): void;
  /** Writes that are neither shown by a replica nor superseded by what it shows. */
  missing(devices: readonly Device[]): string[];
  readonly violations: readonly string[];
}

interface Write {
  readonly id: string;
  readonly head: Head;
}

export function createWriteLog(): WriteLog {
  const writes: Write[] = [];
  const violations: string[] = [];

  /** By device, document and revision: the heads that this revision shows. */
  const shownBy = new Map<string, readonly Head[]>();

  const noteShown = ({ name, journal }: Device, ids: Iterable<string>): void => {
    for (const id of ids) {
      const record = journal.records.get(id);
      if (record === undefined) continue;
      const visible = (heads: typeof record.heads): Head[] =>
        heads.filter(({ hidden }) => hidden !== true).map(({ head }) => head);
      if (record.pending !== undefined)
        shownBy.set(`${name} ${id} ${record.pending.rev}`, visible(record.pending.heads));
      if (record.rev !== record.pending?.rev) shownBy.set(`${name} ${id} ${record.rev}`, visible(record.heads));
    }
  };

  /** A write supersedes what its author could see, and nothing else. */
  const checkCausality = (device: Device, { id, head }: Write): void => {
    const rev = device.journal.records.get(id)?.rev ?? '';
    let base = device.madeOn.get(rev);
    // A write whose own base was never journaled stands on what that one stood on.
    while (base !== undefined && base !== '' && !shownBy.has(`${device.name} ${id} ${base}`))
      base = device.madeOn.get(base);
    const seen = base === undefined || base === '' ? [] : (shownBy.get(`${device.name} ${id} ${base}`) ?? []);
    for (const other of seen) {
      if (!supersedes(head, other))
        violations.push(
          `${nameOf({ id, head })} does not supersede what its author saw: ${nameOf({ id, head: other })}`,
        );
    }
    for (const dot of head.past) {
      const visible = seen.some((other) => supersedes(other, dot));
      if (!visible && base !== '')
        violations.push(`${nameOf({ id, head })} supersedes ${dot.seq} of ${dot.actor}, which its author did not see`);
    }
  };

  const holds = ({ journal }: Device, { id, head }: Write): boolean => {
    const record = journal.records.get(id);
    const heads = [...(record?.heads ?? []), ...(record?.pending?.heads ?? [])];
    return heads.some((stored) => supersedes(stored.head, head));
  };
  const nameOf = ({ id, head }: Write): string => `write ${head.seq} of ${head.actor} to document ${id}`;

  return {
    violations,
    watch(device) {
      device.onJournal(({ records }) =>
        noteShown(
          device,
          (records ?? []).map(({ id }) => id),
        ),
      );
      device.replica.onCommit(({ authored }) => {
        for (const { id, head } of authored?.versions ?? []) {
          if (writes.some((write) => write.head.actor === head.actor && write.head.seq === head.seq)) {
            violations.push(`${device.name} has minted ${nameOf({ id, head })} twice`);
          }
          checkCausality(device, { id, head });
          writes.push({ id, head });
        }
        for (const write of writes) {
          if (covers(device.journal.vector, write.head) && !holds(device, write)) {
            violations.push(`the vector of ${device.name} covers ${nameOf(write)}, which it does not hold`);
          }
        }
      });
    },
    missing: (devices) =>
      devices.flatMap((device) =>
        writes.filter((write) => !holds(device, write)).map((write) => `${device.name} has lost ${nameOf(write)}`),
      ),
  };
}
