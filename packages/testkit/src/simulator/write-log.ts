/** A log of all writes that any replica has minted, and the rules that every replica must keep about them. */
import { covers, type Envelope, supersedes } from '@rxdb-p2p/protocol';
import type { DocRecord } from 'rxdb-p2p/testing';
import type { WatchedDevice } from './device.ts';

export interface WriteLog {
  /** Follows a device's commits, and checks the rule of the vector after each. Again for each of its processes. */
  watch(device: WatchedDevice): void;
  /** The replica has written a document that shows these heads; a crash may keep its journal from saying so. */
  noteShown(device: string, id: string, rev: string, heads: readonly Envelope[]): void;
  /** Writes that are neither shown by a replica nor superseded by what it shows. */
  missing(devices: readonly WatchedDevice[]): string[];
  readonly violations: readonly string[];
}

interface Write {
  readonly id: string;
  readonly head: Envelope;
}

export function createWriteLog(): WriteLog {
  const writes: Write[] = [];
  const violations: string[] = [];
  /** By device, document and revision: the heads that this revision shows. */
  const shownBy = new Map<string, readonly Envelope[]>();
  /** Those of them that a committed record names as the document's. */
  const journaled = new Set<string>();
  /** By device, document and revision: the write that was minted for it. */
  const mintedFor = new Map<string, Write>();

  const nameOf = ({ id, head }: Write): string => `write ${head.seq} of ${head.actor} to document ${id}`;
  /** A write that goes on under another name of its author. */
  const isAgain = (head: Envelope, other: Envelope): boolean =>
    head.actor !== other.actor && head.time === other.time && supersedes(head, other);
  const visible = (heads: DocRecord['heads']): Envelope[] =>
    heads.filter(({ hidden }) => hidden !== true).map(({ head }) => head);

  const noteRecords = ({ name, journal }: WatchedDevice, ids: Iterable<string>): void => {
    for (const id of ids) {
      const record = journal.records.get(id);
      if (record === undefined) continue;
      const { rev, heads, pending } = record;
      if (pending !== undefined) shownBy.set(`${name} ${id} ${pending.rev}`, visible(pending.heads));
      if (rev !== pending?.rev) shownBy.set(`${name} ${id} ${rev}`, visible(heads));
      journaled.add(`${name} ${id} ${rev}`);
    }
  };

  const noteMinted = (device: WatchedDevice, write: Write): void => {
    const { id, head } = write;
    if (writes.some((other) => other.head.actor === head.actor && other.head.seq === head.seq)) {
      violations.push(`${device.name} has minted ${nameOf(write)} twice`);
    }
    if (writes.some((other) => other.id === id && isAgain(head, other.head))) {
      writes.push(write);
      return;
    }
    const rev = device.journal.records.get(id)?.rev ?? '';
    if (!device.handWrites.madeOn.has(rev))
      violations.push(`${device.name} has minted ${nameOf(write)}, which is nobody's`);
    const key = `${device.name} ${id} ${rev}`;
    const other = mintedFor.get(key);
    if (other !== undefined) violations.push(`${nameOf(write)} is ${nameOf(other)} once more`);
    mintedFor.set(key, write);
    checkCausality(device, write, rev);
    writes.push(write);
  };

  /** A write supersedes what its author could see, and nothing else. */
  const checkCausality = ({ name, handWrites }: WatchedDevice, { id, head }: Write, rev: string): void => {
    let base = handWrites.madeOn.get(rev);
    let traceless = handWrites.insertedAgain.has(rev);
    // A write whose own base was never journaled stands on what that one stood on.
    while (base !== undefined && base !== '' && !shownBy.has(`${name} ${id} ${base}`)) {
      traceless ||= handWrites.insertedAgain.has(base);
      base = handWrites.madeOn.get(base);
    }
    // Inserted over a tombstone that only a crashed process knew to be there: counts as concurrent with it.
    if (traceless && !journaled.has(`${name} ${id} ${base}`)) return;
    const seen = base === undefined || base === '' ? [] : (shownBy.get(`${name} ${id} ${base}`) ?? []);
    for (const other of seen) {
      if (!supersedes(head, other))
        violations.push(
          `${nameOf({ id, head })} does not supersede what its author saw: ${nameOf({ id, head: other })}`,
        );
    }
    for (const dot of head.past) {
      const wasVisible = seen.some((other) => supersedes(other, dot));
      if (!wasVisible && base !== '')
        violations.push(`${nameOf({ id, head })} supersedes ${dot.seq} of ${dot.actor}, which its author did not see`);
    }
  };

  /** Writes that an earlier process has committed and died before it could tell. */
  const noteFound = (device: WatchedDevice): void => {
    for (const { id, heads } of device.journal.records.values()) {
      for (const { head } of heads) {
        const own = head.actor === device.replica.actor;
        if (own && !writes.some((write) => write.head.seq === head.seq && write.head.actor === head.actor))
          noteMinted(device, { id, head });
      }
    }
  };

  const holds = ({ journal }: WatchedDevice, { id, head }: Write): boolean => {
    const record = journal.records.get(id);
    const heads = [...(record?.heads ?? []), ...(record?.pending?.heads ?? [])];
    return heads.some((stored) => supersedes(stored.head, head));
  };

  return {
    violations,
    noteShown: (device, id, rev, heads) => shownBy.set(`${device} ${id} ${rev}`, heads),
    watch(device) {
      noteRecords(device, device.journal.records.keys());
      noteFound(device);
      device.onJournal(({ records }) =>
        noteRecords(
          device,
          (records ?? []).map(({ id }) => id),
        ),
      );
      device.replica.onCommit(({ authored }) => {
        for (const { id, head } of authored?.versions ?? []) noteMinted(device, { id, head });
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
