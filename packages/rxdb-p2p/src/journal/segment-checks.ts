/** What the parts of a stored segment must be before anything relies on them. Each throws a TypeError. */
import { CONTENT_HASH_LENGTH, isActor, isCount, isJsonObject, isSeq, isTimestamp } from '@rxdb-p2p/protocol';

export function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new TypeError(`expected ${what}`);
}

export function checkActors(actors: readonly unknown[]): void {
  expectThat(actors.every(isActor), 'actors of 16 characters');
}

/** The field names of shapes. */
export function checkShapes(shapes: readonly unknown[]): void {
  const isShape = (names: unknown): boolean => Array.isArray(names) && names.every((name) => typeof name === 'string');
  expectThat(shapes.every(isShape), 'lists of field names');
}

export function checkDot(seq: unknown): void {
  expectThat(isSeq(seq), 'a seq from 1');
}

export function checkClock(time: unknown, seq: unknown): void {
  expectThat(isTimestamp(time) && isSeq(seq), 'a timestamp and a seq');
}

export function checkContentHash(hash: unknown): void {
  expectThat(typeof hash === 'string' && hash.length === CONTENT_HASH_LENGTH, 'a content hash');
}

export function checkText(text: unknown): void {
  expectThat(typeof text === 'string', 'a text');
}

/** Numbers of a record: `lwt`, schema version, `lsn`. */
export function checkNumbers(lwt: unknown, schema: unknown, lsn: unknown): void {
  expectThat(typeof lwt === 'number' && isCount(schema) && isCount(lsn), 'the numbers of a record');
}

const isTextOrNothing = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isCountOrNothing = (value: unknown): boolean => value === undefined || isCount(value);

/** The state of a segment; the checkpoint is the storage's own and can be anything. */
export function checkState(state: unknown): void {
  if (!isJsonObject(state)) throw new TypeError('expected the state of a segment');
  const { incarnation, seq, vector = [], cursors = [], epochs = [], lsn, acknowledged, dropped = [], snapshot } = state;
  const { formerNames = [] } = state;
  expectThat(Array.isArray(formerNames) && formerNames.every(isEntry), 'former names');
  expectThat(isRollback(state['rollback']), 'a rollback');
  expectThat(isTextOrNothing(incarnation), 'an incarnation');
  expectThat([seq, lsn, acknowledged].every(isCountOrNothing), 'counts');
  expectThat(Array.isArray(vector) && vector.every(isEntry), 'a vector');
  expectThat(Array.isArray(cursors) && cursors.every(isNamedCursor), 'cursors');
  expectThat(Array.isArray(epochs) && epochs.every(isEpoch), 'epochs');
  expectThat(Array.isArray(dropped) && dropped.every((id) => typeof id === 'string'), 'ids');
  expectThat(snapshot === undefined || isSnapshot(snapshot), 'a snapshot');
}

function isRollback(rollback: unknown): boolean {
  if (rollback === undefined || rollback === null) return true;
  return (
    isJsonObject(rollback) && isActor(rollback['actor']) && isCount(rollback['floor']) && isCount(rollback['upTo'])
  );
}

function isEntry(entry: unknown): boolean {
  return Array.isArray(entry) && isActor(entry[0]) && isCount(entry[1]);
}

function isNamedCursor(entry: unknown): boolean {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false;
  const cursor: unknown = entry[1];
  if (cursor === null) return true;
  return (
    isJsonObject(cursor) &&
    typeof cursor['journal'] === 'string' &&
    typeof cursor['epoch'] === 'string' &&
    isCount(cursor['lsn'])
  );
}

function isEpoch(epoch: unknown): boolean {
  return (
    isJsonObject(epoch) &&
    typeof epoch['id'] === 'string' &&
    isCount(epoch['firstLsn']) &&
    isCountOrNothing(epoch['fence'])
  );
}

/** Parts of a snapshot that a journal can have: 2 billion records. */
const MAX_PARTS = 1_000_000;

function isSnapshot(snapshot: unknown): boolean {
  if (!isJsonObject(snapshot)) return false;
  const { generation, parts } = snapshot;
  return isCount(generation) && isCount(parts) && parts <= MAX_PARTS;
}
