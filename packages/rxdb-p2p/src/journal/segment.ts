/**
 * The stored form of a segment: one JSON text, with tables for actors and shapes, since one text costs the storage
 * as much as one small record. Rows are hostile until checked: a disk can rot, and a profile can be edited.
 */
import type { Clock, Cursor, Dot, FieldClock, FieldHasher, Head } from '@rxdb-p2p/protocol';
import { HASH_LENGTH, NO_FIELD_CLOCKS, NO_PAST, P2PError } from '@rxdb-p2p/protocol';
import type { DocRecord, StoredHead } from './record.ts';
import {
  checkActors,
  checkClock,
  checkContentHash,
  checkDot,
  checkNumbers,
  checkShapes,
  checkState,
  checkText,
  expectThat,
} from './segment-checks.ts';

/** Raised when older code cannot read what newer code wrote. */
export const JOURNAL_FORMAT = 2;

export interface Epoch {
  readonly id: string;
  readonly firstLsn: number;
  /**
   * The segment that began it, when its lead was taken from a tab that did not answer. Its row stays for as long as the epoch is
   * remembered: that tab, should it go on, appends under this key, and must find it taken.
   */
  readonly fence?: number;
}

/** Others know later writes of a name of ours than we did, when we gave it up; these are still being fetched. */
export interface RollbackState {
  readonly actor: string;
  /** the highest `seq` that others are known to have had from us */
  readonly floor: number;
  /** the highest `seq` that others have named */
  readonly upTo: number;
}

export type FormerName = readonly [actor: string, acknowledged: number];

/** What a segment changes in the journal's state. */
export interface StateChange {
  readonly incarnation?: string;
  readonly seq?: number;
  /** seq 0: the entry is gone */
  readonly vector?: readonly (readonly [actor: string, seq: number])[];
  readonly cursors?: readonly (readonly [replica: string, cursor: Cursor | null])[];
  readonly checkpoint?: unknown;
  /** all of them, oldest first */
  readonly epochs?: readonly Epoch[];
  readonly lsn?: number;
  /** highest own `seq` that anyone has acknowledged */
  readonly acknowledged?: number;
  /** names of before, newest first, each with the highest `seq` of it that was acknowledged */
  readonly formerNames?: readonly FormerName[];
  /** null: it is over */
  readonly rollback?: RollbackState | null;
  /** ids of documents whose records were dropped, because storage lost the documents */
  readonly dropped?: readonly string[];
  /** this segment commits a snapshot of all records, in this many parts, which replaces all segments before it */
  readonly snapshot?: { readonly generation: number; readonly parts: number };
}

type DotRow = readonly [actor: number, seq: number];
type ClockRow = readonly [time: number, actor: number, seq: number];
type FieldClockRow = readonly [field: string, time: number, actor: number, seq: number];
type HeadRow = [
  actor: number,
  seq: number,
  time: number,
  flags: number,
  hash: string,
  past?: DotRow[] | 0,
  clocks?: FieldClockRow[] | 0,
  floor?: ClockRow | 0,
  /** a number: how large the content is that did not travel */
  body?: string | number,
];
type RecordRow = [
  id: string,
  rev: string,
  lwt: number,
  schema: number,
  lsn: number,
  shape: number,
  hashes: string,
  heads: HeadRow[],
  pending?: [rev: string, heads: HeadRow[]],
];
interface SegmentRow {
  readonly v: number;
  readonly actors: string[];
  readonly shapes: (readonly string[])[];
  readonly records: RecordRow[];
  readonly state: StateChange;
}

const DELETED = 1;
const HIDDEN = 2;
/** of the content hash in a row */
const HASH_PLACE = 4;

export function encodeSegment(records: readonly DocRecord[], state: StateChange): string {
  const actors = new Map<string, number>();
  const shapes = new Map<readonly string[], number>();
  const rows = records.map((record) => encodeRecord(record, actors, shapes));
  const row: SegmentRow = {
    v: JOURNAL_FORMAT,
    actors: [...actors.keys()],
    shapes: [...shapes.keys()],
    records: rows,
    state,
  };
  return JSON.stringify(row);
}

function indexOf<K>(table: Map<K, number>, key: K): number {
  const known = table.get(key);
  if (known !== undefined) return known;
  table.set(key, table.size);
  return table.size - 1;
}

function encodeRecord(
  record: DocRecord,
  actors: Map<string, number>,
  shapes: Map<readonly string[], number>,
): RecordRow {
  const { id, rev, lwt, schema, lsn, fields, heads, pending } = record;
  const row: RecordRow = [
    id,
    rev,
    lwt,
    schema,
    lsn,
    indexOf(shapes, fields.names),
    fields.hashes,
    heads.map((head) => encodeHead(head, actors)),
  ];
  if (pending !== undefined) row.push([pending.rev, pending.heads.map((head) => encodeHead(head, actors))]);
  return row;
}

function encodeHead({ head, body: text, bytes, hidden }: StoredHead, actors: Map<string, number>): HeadRow {
  const { past, clocks, floor } = head;
  const body = text ?? bytes;
  const flags = (head.deleted ? DELETED : 0) | (hidden === true ? HIDDEN : 0);
  const row: HeadRow = [indexOf(actors, head.actor), head.seq, head.time, flags, head.hash];
  const length = body !== undefined ? 9 : floor !== undefined ? 8 : clocks.length > 0 ? 7 : past.length > 0 ? 6 : 5;
  if (length > 5) row.push(past.length === 0 ? 0 : past.map((dot) => [indexOf(actors, dot.actor), dot.seq]));
  if (length > 6) {
    row.push(clocks.length === 0 ? 0 : clocks.map((c) => [c.field, c.time, indexOf(actors, c.actor), c.seq]));
  }
  if (length > 7) row.push(floor === undefined ? 0 : [floor.time, indexOf(actors, floor.actor), floor.seq]);
  if (body !== undefined) row.push(body);
  return row;
}

/** The marker's form of a head, with a table of its own. Without content hash: the document stands open, and hashes tell. */
export type EncodedHead = { readonly actors: string[]; readonly row: HeadRow };

export function encodeSingleHead(stored: StoredHead): EncodedHead {
  const { head } = stored;
  // Almost all of them: no table is needed for one actor.
  if (isPlain(stored)) return { actors: [head.actor], row: [0, head.seq, head.time, 0, ''] };
  const actors = new Map<string, number>();
  const row = encodeHead(stored, actors);
  row[HASH_PLACE] = '';
  return { actors: [...actors.keys()], row };
}

/** A live first version: a row of five says it all. */
function isPlain({ head, body, hidden }: StoredHead): boolean {
  const { past, clocks, floor, deleted } = head;
  return past.length === 0 && clocks.length === 0 && floor === undefined && !deleted && body === undefined && !hidden;
}

/** A head whose hash is to be computed. @throws TypeError where it is none */
export function decodeSingleHead(encoded: EncodedHead): StoredHead {
  checkActors(encoded.actors);
  return decodeStoredHead(encoded.row, encoded.actors);
}

export interface DecodedSegment {
  readonly records: readonly DocRecord[];
  readonly state: StateChange;
}

/** @throws P2PError `JOURNAL_UNREADABLE` */
export function decodeSegment(key: string, text: string, hasher: FieldHasher): DecodedSegment {
  try {
    const row = JSON.parse(text) as SegmentRow;
    if (row.v !== JOURNAL_FORMAT) throw new TypeError(`format ${JOURNAL_FORMAT} expected, got ${String(row.v)}`);
    checkActors(row.actors);
    checkShapes(row.shapes);
    checkState(row.state);
    const shapes = row.shapes.map((names) => hasher.shape(names));
    return { records: row.records.map((record) => decodeRecord(record, row.actors, shapes)), state: row.state };
  } catch (cause) {
    throw new P2PError('JOURNAL_UNREADABLE', `segment ${key} of the journal cannot be read`, {
      hint: 'written by a newer version of this package, or damaged on disk',
      cause,
    });
  }
}

function decodeRecord(row: RecordRow, actors: readonly string[], shapes: readonly (readonly string[])[]): DocRecord {
  const [id, rev, lwt, schema, lsn, shape, hashes, heads, pending] = row;
  for (const text of [id, rev, hashes]) checkText(text);
  checkNumbers(lwt, schema, lsn);
  const fields = { names: at(shapes, shape), hashes };
  expectThat(hashes.length === fields.names.length * HASH_LENGTH, 'a hash for each field');
  const record = { id, rev, lwt, schema, lsn, fields, heads: heads.map((head) => decodeHead(head, actors)) };
  if (pending === undefined) return record;
  checkText(pending[0]);
  return { ...record, pending: { rev: pending[0], heads: pending[1].map((head) => decodeHead(head, actors)) } };
}

function decodeHead(row: HeadRow, actors: readonly string[]): StoredHead {
  checkContentHash(row[HASH_PLACE]);
  return decodeStoredHead(row, actors);
}

function decodeStoredHead(row: HeadRow, actors: readonly string[]): StoredHead {
  const [actor, seq, time, flags, hash, past, clocks, floor, body] = row;
  checkClock(time, seq);
  if (body !== undefined && typeof body !== 'number') checkText(body);
  if (typeof body === 'number') checkNumbers(0, body, 0);
  const base: Head = {
    time,
    actor: at(actors, actor),
    seq,
    past: past ? past.map((dot) => decodeDot(dot, actors)) : NO_PAST,
    deleted: (flags & DELETED) !== 0,
    clocks: clocks ? clocks.map((clock) => decodeFieldClock(clock, actors)) : NO_FIELD_CLOCKS,
    hash,
  };
  const head = floor ? { ...base, floor: decodeClock(floor, actors) } : base;
  const stored: StoredHead =
    body === undefined ? { head } : typeof body === 'number' ? { head, bytes: body } : { head, body };
  return (flags & HIDDEN) !== 0 ? { ...stored, hidden: true } : stored;
}

function decodeDot([index, seq]: DotRow, actors: readonly string[]): Dot {
  checkDot(seq);
  return { actor: at(actors, index), seq };
}

function decodeFieldClock([field, time, index, seq]: FieldClockRow, actors: readonly string[]): FieldClock {
  checkText(field);
  return { field, ...decodeClock([time, index, seq], actors) };
}

function decodeClock([time, index, seq]: ClockRow, actors: readonly string[]): Clock {
  checkClock(time, seq);
  return { time, actor: at(actors, index), seq };
}

function at<T>(table: readonly T[], index: number): T {
  const entry = table[index];
  if (entry === undefined) throw new TypeError(`table has no entry ${index}`);
  return entry;
}
