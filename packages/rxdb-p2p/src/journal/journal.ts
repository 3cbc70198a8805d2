/**
 * The journal of one collection: an append-only log of segments in a sidecar storage, and its content in memory
 * (ARCHITECTURE §4). Appending a segment is the commit: one insert, atomic on every storage, and a key that is taken means
 * that another tab leads. The journal knows nothing of documents beyond their records. One file, a little long, so that what
 * must change together with a commit is seen together.
 */
import type { Cursor, FieldHasher, Print, Vector } from '@rxdb-p2p/protocol';
import { dominates } from '@rxdb-p2p/protocol';
import { defined } from '../defined.ts';
import type { JournalChange } from './journal-change.ts';
import { DEFAULT_JOURNAL_LIMITS, type JournalLimits } from './journal-limits.ts';
import {
  FIRST_KEY,
  fenceKeys,
  leadershipLost,
  partKey,
  readLog,
  readOrWriteFirst,
  segmentKey,
  unreadable,
} from './log.ts';
import { createLsnIndex } from './lsn-index.ts';
import { createJournalPrint } from './print.ts';
import type { DocRecord, NewRecord } from './record.ts';
import { type Epoch, encodeSegment, type FormerName, type RollbackState, type StateChange } from './segment.ts';
import type { Sidecar, SidecarRow } from './sidecar.ts';
import { vectorDelta, withDelta } from './vector-delta.ts';

export interface Journal {
  /** 22 characters of base64url */
  readonly id: string;
  readonly records: ReadonlyMap<string, DocRecord>;
  readonly vector: Vector;
  /** of all heads, and whether they follow from the vector */
  fingerprint(): Print;
  /** highest own `seq` */
  readonly seq: number;
  readonly incarnation: string;
  /** highest own `seq` that anyone has acknowledged */
  readonly acknowledged: number;
  /** newest first */
  readonly formerNames: readonly FormerName[];
  readonly rollback: RollbackState | null;
  readonly checkpoint: unknown;
  readonly epochs: readonly Epoch[];
  /** the lsn of the newest record */
  readonly lsn: number;
  cursorOf(replica: string): Cursor | null;
  cursorNames(): string[];
  above(lsn: number, most: number): DocRecord[];
  countAbove(lsn: number): number;
  /** @throws P2PError `LEADERSHIP_LOST` when another tab has appended: nothing may be written any more */
  commit(change: JournalChange): Promise<void>;
  /** Before anything is written elsewhere. @throws P2PError `LEADERSHIP_LOST` when this tab does not lead any more */
  expectLead(): Promise<void>;
  /** Nothing is written any more, and what is being written does not count here: another tab may lead from now on. */
  abandon(): void;
  close(): Promise<void>;
}

export interface JournalDeps {
  readonly sidecar: Sidecar;
  readonly hasher: FieldHasher;
  /** random base64url of so many bytes */
  readonly randomId: (bytes: number) => string;
  /** Resolves when it is certain whether this tab still leads, or `abandon` has been called; undefined: it is certain now. */
  readonly confirmLead?: () => Promise<void> | undefined;
}

/** @throws P2PError `JOURNAL_UNREADABLE` */
export async function openJournal(
  { sidecar, hasher, randomId, confirmLead }: JournalDeps,
  options: Partial<JournalLimits> = {},
): Promise<Journal> {
  const limits: JournalLimits = { ...DEFAULT_JOURNAL_LIMITS, ...options };
  const records = new Map<string, DocRecord>();
  const index = createLsnIndex();
  const cursors = new Map<string, Cursor>();
  const print = createJournalPrint(records);
  let vector: Vector = new Map();
  let seq = 0;
  let lsn = 0;
  let incarnation = '';
  let acknowledged = 0;
  let formerNames: readonly FormerName[] = [];
  let rollback: RollbackState | null = null;
  let checkpoint: unknown;
  let epochs: readonly Epoch[] = [];
  let lastSegment = 0;
  /** keys that the next snapshot replaces; the first `snapshotKeys` of them are the last one's */
  let keys: string[] = [];
  let snapshotKeys = 0;
  let storedRecords = 0;
  let usable = true;

  const rows = new Map((await sidecar.readAll()).map((row) => [row.key, row.text]));
  const id = await readOrWriteFirst(rows.get(FIRST_KEY), sidecar, randomId);
  await load();

  /** Reads the newest snapshot and the segments after it; drops what a crash left of others. */
  async function load(): Promise<void> {
    const log = readLog(rows, hasher);
    try {
      for (const { records: changed, state } of log.segments) {
        applyState(state);
        for (const record of changed) putRecord(record, undefined);
      }
      print.review(vector);
    } catch (cause) {
      throw unreadable('the segments of the journal contradict each other', cause);
    }
    lastSegment = log.last;
    keys = [...log.keys];
    snapshotKeys = log.snapshotKeys;
    if (log.orphans.length > 0) await sidecar.remove(log.orphans);
    rows.clear();
  }

  function putRecord(record: DocRecord, under: Vector | undefined): void {
    const before = records.get(record.id);
    if (before !== undefined && before.lsn !== record.lsn) index.remove(before.lsn);
    records.set(record.id, record);
    print.put(before, record, under);
    index.put(record);
    storedRecords++;
    if (record.lsn > lsn) lsn = record.lsn;
  }

  function applyState(state: StateChange): void {
    for (const dropped of state.dropped ?? []) {
      const record = records.get(dropped);
      if (record === undefined) continue;
      index.remove(record.lsn);
      print.remove(record);
      records.delete(dropped);
    }
    if (state.vector !== undefined) {
      const next = withDelta(vector, state.vector);
      if (!dominates(next, vector)) print.doubt();
      vector = next;
    }
    if (state.seq !== undefined) seq = state.seq;
    if (state.lsn !== undefined && state.lsn > lsn) lsn = state.lsn;
    if (state.incarnation !== undefined) incarnation = state.incarnation;
    if (state.acknowledged !== undefined) acknowledged = state.acknowledged;
    if (state.formerNames !== undefined) formerNames = state.formerNames;
    if (state.rollback !== undefined) rollback = state.rollback;
    if (state.checkpoint !== undefined) checkpoint = state.checkpoint;
    if (state.epochs !== undefined) epochs = state.epochs;
    for (const [replica, cursor] of state.cursors ?? []) {
      cursors.delete(replica);
      if (cursor !== null) cursors.set(replica, cursor);
      const oldest = cursors.keys().next().value;
      if (cursors.size > limits.cursors && oldest !== undefined) cursors.delete(oldest);
    }
  }

  async function expectLead(): Promise<void> {
    await confirmLead?.();
    if (!usable) throw leadershipLost();
  }

  async function append(changed: readonly DocRecord[], state: StateChange): Promise<void> {
    await expectLead();
    const key = segmentKey(lastSegment + 1);
    const inserted = await sidecar.insert([{ key, text: encodeSegment(changed, state) }]);
    if (!inserted) usable = false;
    if (!usable) throw leadershipLost();
    lastSegment++;
    keys.push(key);
    applyState(state);
    for (const record of changed) putRecord(record, vector);
  }

  async function commit(change: JournalChange): Promise<void> {
    const changed = number(change.records ?? []);
    const delta = change.vector === undefined ? [] : vectorDelta(vector, change.vector);
    const {
      seq: newSeq,
      incarnation: newIncarnation,
      cursors: newCursors,
      checkpoint: newCheckpoint,
      epoch,
      stolen = false,
      dropped,
    } = change;
    const fence = stolen ? { fence: lastSegment + 1 } : {};
    const state: StateChange = defined({
      incarnation: newIncarnation,
      acknowledged: change.acknowledged,
      formerNames: change.formerNames,
      rollback: change.rollback,
      seq: newSeq,
      vector: delta.length === 0 ? undefined : delta,
      cursors: newCursors,
      checkpoint: newCheckpoint,
      epochs: epoch && [...epochs, { ...epoch, ...fence }].slice(-limits.epochs),
      dropped: dropped?.length === 0 ? undefined : dropped,
    });
    await append(changed, state);
    const stale = storedRecords - records.size;
    const tooMany = keys.length - snapshotKeys > limits.segments;
    if (tooMany || (stale > limits.staleRecords && stale > records.size)) await compact();
  }

  /** Gives new lsns to the records whose heads changed. */
  function number(changed: readonly NewRecord[]): DocRecord[] {
    let next = lsn;
    return changed.map((record) => {
      const before = records.get(record.id);
      const moved = before === undefined || before.heads !== record.heads;
      record.lsn = moved ? ++next : before.lsn;
      return record as DocRecord;
    });
  }

  /** Writes a snapshot, commits it by a segment that names it, then drops what it replaces. */
  async function compact(): Promise<void> {
    const generation = lastSegment + 1;
    const all = index.above(0, records.size);
    const parts: SidecarRow[] = [];
    for (let i = 0; i < all.length; i += limits.snapshotPartRecords) {
      const text = encodeSegment(all.slice(i, i + limits.snapshotPartRecords), {});
      parts.push({ key: partKey(generation, parts.length), text });
    }
    for (const part of parts) {
      await expectLead();
      if (await sidecar.insert([part])) continue;
      usable = false;
      throw leadershipLost();
    }
    const fences = new Set(fenceKeys(epochs));
    const replaced = keys.filter((key) => !fences.has(key));
    const state: StateChange = {
      incarnation,
      seq,
      lsn,
      acknowledged,
      formerNames,
      rollback,
      vector: [...vector],
      cursors: [...cursors],
      ...(checkpoint === undefined ? {} : { checkpoint }),
      epochs,
      snapshot: { generation, parts: parts.length },
    };
    await append([], state);
    keys = [...parts.map(({ key }) => key), segmentKey(lastSegment)];
    snapshotKeys = keys.length;
    storedRecords = records.size;
    await sidecar.remove(replaced);
  }

  return {
    id,
    records,
    get vector() {
      return vector;
    },
    fingerprint: () => print.of(vector),
    get seq() {
      return seq;
    },
    get incarnation() {
      return incarnation;
    },
    get acknowledged() {
      return acknowledged;
    },
    get formerNames() {
      return formerNames;
    },
    get rollback() {
      return rollback;
    },
    get checkpoint() {
      return checkpoint;
    },
    get epochs() {
      return epochs;
    },
    get lsn() {
      return lsn;
    },
    cursorOf: (replica) => cursors.get(replica) ?? null,
    cursorNames: () => [...cursors.keys()],
    above: (from, most) => index.above(from, most),
    countAbove: (from) => index.countAbove(from),
    commit,
    expectLead,
    abandon() {
      usable = false;
    },
    close: () => sidecar.close(),
  };
}
