/** A log of all writes that any replica has minted, and the rules that every replica must keep about them. */
import {
  canonicalJson,
  covers,
  type Dot,
  type Head,
  reduceHeads,
  sameHead,
  samePast,
  supersedes,
  type Vector,
  vectorEntry,
} from '@rxdb-p2p/protocol';
import type { DocRecord } from 'rxdb-p2p/testing';
import type { WatchedDevice } from './device.ts';
import { createHeldWrites } from './held-writes.ts';
import { createReleases, type Releases } from './releases.ts';
import { createWrites, type Write } from './writes.ts';

export interface WriteLog {
  /** Follows a device's commits, and checks the rule of the vector after each. Again for each of its processes. */
  watch(device: WatchedDevice): void;
  /** Looks at all records of a device for writes of its own. */
  look(device: WatchedDevice): void;
  /** The replica has written a document that shows these heads; a crash may keep its journal from saying so. */
  noteShown(device: string, id: string, rev: string, heads: readonly Head[]): void;
  /** A disk is about to lose something: writes that only this device holds may be gone for good. */
  excuse(loser: WatchedDevice, others: readonly WatchedDevice[]): void;
  /** All that this device has is about to be on another one, too: both may go on under one name for a while. */
  noteCopied(source: WatchedDevice): void;
  readonly releases: Releases;
  /** Writes that are neither shown by a replica nor superseded by what it shows. */
  missing(devices: readonly WatchedDevice[]): string[];
  /** Heads that nobody has written, and documents whose heads are not those of all their writes. */
  wrong(devices: readonly WatchedDevice[]): string[];
  readonly size: number;
  readonly violations: readonly string[];
  /** whether a disk has lost something: what its replica names again may be a fork, which is reported and repaired */
  readonly lossy: boolean;
}

interface Shown {
  readonly device: string;
  readonly id: string;
  readonly rev: string;
  readonly heads: readonly Head[];
}

export function createWriteLog(): WriteLog {
  const writes = createWrites();
  /** those that a failing disk may have taken with it */
  const excused = new Set<Write>();
  /** devices whose disks have lost something, and what was written by hand on them before that */
  const losers = new Set<string>();
  const before = new Set<string>();
  /** those of them whose journals nobody has read since */
  const unread = new Set<string>();
  /** By device, document and revision: what its disk may show, without a marker, though its journal names a later one. */
  const forgotten = new Set<string>();
  /** devices whose profiles were copied: what they write may have the name of a write elsewhere */
  const copied = new Set<string>();
  /** under which other names a write has gone on */
  const again = new Map<Write, readonly Write[]>();
  const { holds, holdsUnderAnyName, isForked, isBehindFork, isReplaced } = createHeldWrites(writes, again, losers);
  const releases = createReleases();
  /** By device: the vector whose writes were all found to be there. */
  const checked = new Map<string, Vector>();
  const violations: string[] = [];
  /** By device, document and revision: the heads that this revision shows. */
  const shownBy = new Map<string, Shown>();
  /** Those of them that a committed record names as the document's. */
  const journaled = new Set<string>();
  /** By device, document and revision: the write that was minted for it. */
  const mintedFor = new Map<string, Write>();

  const nameOf = ({ id, head }: Write): string => `write ${head.seq} of ${head.actor} to document ${id}`;
  /** A write that goes on under another name of its author. */
  const isAgain = (head: Head, other: Head): boolean =>
    head.actor !== other.actor && head.time === other.time && (head.hash === other.hash || supersedes(head, other));
  const noteShown = (device: string, id: string, rev: string, heads: readonly Head[]): void => {
    shownBy.set(`${device} ${id} ${rev}`, { device, id, rev, heads });
  };
  /** What all must agree on. */
  const told = ({ head }: { readonly head: Head }): Head => (losers.size > 0 ? { ...head, past: [] } : head);
  const visible = (heads: DocRecord['heads']): Head[] =>
    heads.filter(({ hidden }) => hidden !== true).map(({ head }) => head);

  const noteRecords = ({ name, journal }: WatchedDevice, ids: Iterable<string>): void => {
    for (const id of ids) {
      const record = journal.records.get(id);
      if (record === undefined) continue;
      const { rev, heads, pending } = record;
      if (pending !== undefined) noteShown(name, id, pending.rev, visible(pending.heads));
      // After a loss a record does not know what the document shows.
      if (rev !== pending?.rev && heads.length > 0) noteShown(name, id, rev, visible(heads));
      journaled.add(`${name} ${id} ${rev}`);
    }
  };

  const noteMinted = (device: WatchedDevice, write: Write): void => {
    const { id, head } = write;
    const known = writes.of(head);
    // A tab that freezes in a commit hears of it after the next one has read it.
    if (known !== undefined && known.id === id && canonicalJson(known.head) === canonicalJson(head)) return;
    checkMinted(device, write, known);
    writes.add(write);
  };

  const checkMinted = (device: WatchedDevice, write: Write, known: Write | undefined): void => {
    const { id, head } = write;
    // What its journal has lost it can only name again: a fork, if it is not the same.
    if (known !== undefined && !losers.has(device.name) && !copied.has(device.name))
      violations.push(`${device.name} has minted ${nameOf(write)} twice`);
    const former = writes.to(id).filter((other) => isAgain(head, other.head));
    if (former.length > 0) {
      for (const other of former) again.set(other, [...(again.get(other) ?? []), write]);
      return;
    }
    if (releases.take(device.name, write)) return;
    const rev = device.journal.records.get(id)?.rev ?? '';
    // A fold whose record is lost counts as a write: nothing else has its content.
    if (before.has(rev) || (losers.has(device.name) && !device.handWrites.madeOn.has(rev))) return;
    if (!device.handWrites.madeOn.has(rev))
      violations.push(`${device.name} has minted ${nameOf(write)}, which is nobody's`);
    const key = `${device.name} ${id} ${rev}`;
    const other = mintedFor.get(key);
    if (other !== undefined) violations.push(`${nameOf(write)} is ${nameOf(other)} once more`);
    mintedFor.set(key, write);
    checkCausality(device, write, rev);
  };

  /** A write supersedes what its author could see, and nothing else. */
  const checkCausality = ({ name, handWrites, journal }: WatchedDevice, { id, head }: Write, rev: string): void => {
    let base = handWrites.madeOn.get(rev);
    let traceless = handWrites.insertedAgain.has(rev);
    let writesBefore = 0;
    // A write whose own base was never journaled stands on what that one stood on.
    while (base !== undefined && base !== '' && !shownBy.has(`${name} ${id} ${base}`)) {
      traceless ||= handWrites.insertedAgain.has(base);
      base = handWrites.madeOn.get(base);
      writesBefore++;
    }
    // Inserted over a tombstone that only a crashed process knew to be there: counts as concurrent with it.
    if (traceless && !journaled.has(`${name} ${id} ${base}`)) return;
    const seen = base === undefined || base === '' ? [] : (shownBy.get(`${name} ${id} ${base}`)?.heads ?? []);
    for (const other of forgotten.has(`${name} ${id} ${base}`) ? [] : seen) {
      if (head.time <= other.time) violations.push(`${nameOf({ id, head })} is not later than what its author saw`);
      if (!supersedes(head, other))
        violations.push(
          `${nameOf({ id, head })} does not supersede what its author saw: ${nameOf({ id, head: other })}`,
        );
    }
    for (const dot of head.past) {
      const wasVisible =
        seen.some((other) => supersedes(other, dot)) ||
        isKnownOld(journal.records.get(id), head, dot) ||
        (losers.has(name) && supersededBefore(head, dot, id)) ||
        // Who writes twice on what a disk has left reaches the height of the revision that is gone.
        (losers.has(name) && writesBefore > 0 && wasShown(name, id, dot));
      if (!wasVisible && base !== '')
        violations.push(`${nameOf({ id, head })} supersedes ${dot.seq} of ${dot.actor}, which its author did not see`);
    }
  };

  /** A version that is not shown has superseded it, and an earlier write of this author, which his name supersedes. */
  const isKnownOld = (record: DocRecord | undefined, { actor, seq }: Head, dot: Dot): boolean =>
    [...(record?.heads ?? []), ...(record?.pending?.heads ?? [])].some(({ head: other }) => {
      const own = vectorEntry(other, actor);
      return other.actor !== actor && own > 0 && own < seq && supersedes(other, dot);
    });

  const wasShown = (name: string, id: string, dot: Dot): boolean =>
    [...shownBy.values()].some((it) => it.device === name && it.id === id && it.heads.some((h) => supersedes(h, dot)));

  /** By an earlier write of the same author, which his name supersedes though his disk has lost it. */
  const supersededBefore = (head: Head, dot: Dot, id: string): boolean =>
    writes.to(id).some(({ head: own }) => own.actor === head.actor && own.seq < head.seq && supersedes(own, dot));

  /** New writes of the device itself: of now, or of a process that died before it could tell. */
  const noteFound = (device: WatchedDevice, ids: Iterable<string>): void => {
    // Twice in a row it may have taken a new name before it told of the first.
    const names = new Set([device.replica.actor, ...device.journal.formerNames.map(([name]) => name)]);
    for (const id of ids) {
      const record = device.journal.records.get(id);
      for (const { head } of [...(record?.heads ?? []), ...(record?.pending?.heads ?? [])]) {
        const own = names.has(head.actor);
        const isNoted = ({ head: noted }: Write): boolean => sameHead(noted, head) && samePast(noted, head);
        if (own && !writes.to(id).some(isNoted)) noteMinted(device, { id, head });
      }
    }
  };

  /** The rule of the vector: of what it covers, what is new in it or in these documents is there. */
  const checkCovered = (device: WatchedDevice, changed: readonly string[]): void => {
    const { vector } = device.journal;
    const last = checked.get(device.name) ?? new Map();
    const candidates = new Set(changed.flatMap((id) => writes.to(id)));
    for (const [actor, seq] of vector)
      for (const write of writes.by(actor, last.get(actor) ?? 0, seq)) candidates.add(write);
    for (const write of candidates) {
      if (covers(vector, write.head) && !holds(device, write) && !isForked(write.head) && !isBehindFork(write))
        violations.push(`the vector of ${device.name} covers ${nameOf(write)}, which it does not hold`);
    }
    checked.set(device.name, vector);
  };

  /** No marker names the heads of a fold, nor of a person's write: one on what the journal has forgotten counts as concurrent. */
  const noteForgotten = ({ name, journal, handWrites }: WatchedDevice): void => {
    for (const [key, { device, id, rev, heads }] of shownBy) {
      if (device !== name || (heads.length < 2 && !handWrites.madeOn.has(rev))) continue;
      const record = journal.records.get(id);
      if (record?.rev !== rev && record?.pending?.rev !== rev) forgotten.add(key);
    }
  };

  return {
    ...{ violations, releases, noteShown },
    look: (device) => noteFound(device, device.journal.records.keys()),
    get lossy() {
      return losers.size > 0;
    },
    get size() {
      return writes.all().length;
    },
    watch(device) {
      checked.delete(device.name);
      // Also what was written before the replica could notice: on top of what nobody knows any more.
      if (losers.has(device.name)) for (const rev of device.handWrites.madeOn.keys()) before.add(rev);
      const known = writes.all().length;
      const hasLost = unread.delete(device.name);
      if (hasLost) for (const key of journaled) if (key.startsWith(`${device.name} `)) journaled.delete(key);
      noteRecords(device, device.journal.records.keys());
      noteFound(device, device.journal.records.keys());
      if (hasLost) {
        // Their author died before he heard of his commit: nobody else has them, and their documents may be gone.
        for (const write of writes.all().slice(known)) excused.add(write);
        noteForgotten(device);
      }
      device.onJournal(({ records }) =>
        noteRecords(
          device,
          (records ?? []).map(({ id }) => id),
        ),
      );
      device.replica.onCommit(({ changed }) => {
        noteFound(device, changed);
        checkCovered(device, changed);
      });
    },
    excuse(loser, others) {
      losers.add(loser.name);
      unread.add(loser.name);
      for (const rev of loser.handWrites.madeOn.keys()) before.add(rev);
      // Of those whose disks have lost something, too, nobody knows yet what they still hold.
      const known = others.filter(({ name }) => !unread.has(name));
      for (const write of writes.all())
        if (holds(loser, write) && !known.some((other) => holds(other, write))) excused.add(write);
    },
    noteCopied: ({ name }) => copied.add(name),
    missing: (devices) =>
      writes.all().flatMap((write) => {
        const without = devices.filter((device) => !holdsUnderAnyName(device, write));
        if (without.length === devices.length && (excused.has(write) || isBehindFork(write))) return [];
        return without.map(({ name }) => `${name} has lost ${nameOf(write)}`);
      }),
    wrong: (devices) =>
      devices.flatMap((device) =>
        [...device.journal.records.values()].flatMap(({ id, heads }) => {
          const held = writes.to(id).filter((write) => holds(device, write));
          const present = held.filter((write) => !isReplaced(write, held));
          const expected = canonicalJson(reduceHeads(present).map(told));
          const got = canonicalJson(reduceHeads(heads).map(told));
          return got === expected ? [] : [`${device.name} has ${got} for document ${id}, but ${expected} was written`];
        }),
      ),
  };
}
