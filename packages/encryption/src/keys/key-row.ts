/**
 * The row that holds a database's wrapped keys, as text: one row, so that every change of it is atomic on every storage.
 *
 * ```json
 * { "v": 1, "id": "<database id>", "key": "<hex id of the data key>", "slots": { "<hex slot id>": "<wrapped key>" },
 *   "previous": ["<sealed key>"] }
 * ```
 */
import { fromBase64, hex, toBase64 } from '../cipher/bytes.ts';
import { EncryptionError } from '../errors.ts';
import { DATABASE_ID_BYTES, MAX_SLOTS } from './key-limits.ts';
import { readWrappedKey, type WrappedKey } from './wrapped-key.ts';

export interface KeyRow {
  readonly databaseId: Uint8Array;
  /** hex id of the data key that slots wrap */
  readonly current: string;
  readonly slots: readonly WrappedKey[];
  /** slots that cannot be read, by their hex ids: damaged, or of a newer version; kept as they are */
  readonly damaged: ReadonlyMap<string, unknown>;
  /** keys before the current one, newest first: a rotation is under way */
  readonly previous: readonly Uint8Array[];
}

const FORMAT = 1;
/** Rotations that can be unfinished at once; a new one finishes the one before. */
const MAX_PREVIOUS = 4;

export function encodeKeyRow(row: KeyRow): string {
  return JSON.stringify({
    v: FORMAT,
    id: toBase64(row.databaseId),
    key: row.current,
    slots: Object.fromEntries([
      ...row.damaged,
      ...row.slots.map(({ slotId, bytes }) => [hex(slotId), toBase64(bytes)]),
    ]),
    previous: row.previous.map(toBase64),
  });
}

/** @throws EncryptionError `KEYS_UNREADABLE` when nothing of it can be read */
export function decodeKeyRow(text: string): KeyRow {
  const parsed = parse(text);
  const databaseId = typeof parsed['id'] === 'string' ? fromBase64(parsed['id']) : undefined;
  if (parsed['v'] !== FORMAT) throw unreadable('another format version');
  if (databaseId?.length !== DATABASE_ID_BYTES) throw unreadable('no id of the database');
  if (typeof parsed['key'] !== 'string') throw unreadable('no id of the data key');
  const entries = Object.entries(
    typeof parsed['slots'] === 'object' && parsed['slots'] !== null ? parsed['slots'] : {},
  );
  if (entries.length === 0 || entries.length > MAX_SLOTS) throw unreadable(`${entries.length} slots`);
  const slots: WrappedKey[] = [];
  const damaged = new Map<string, unknown>();
  for (const [name, value] of entries) {
    const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
    const slot = bytes === undefined ? undefined : readWrappedKey(bytes, databaseId);
    // A slot that stands under another's name, or wraps another key, was moved here.
    if (slot !== undefined && hex(slot.slotId) === name && hex(slot.keyId) === parsed['key']) slots.push(slot);
    else damaged.set(name, value);
  }
  const previous = Array.isArray(parsed['previous']) ? parsed['previous'].slice(0, MAX_PREVIOUS) : [];
  return {
    ...{ databaseId, current: parsed['key'], slots, damaged },
    previous: previous.map((value) => (typeof value === 'string' ? fromBase64(value) : undefined) ?? new Uint8Array()),
  };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // The message of a JSON error quotes what it could not read.
  }
  throw unreadable('no JSON object');
}

function unreadable(got: string): EncryptionError {
  return new EncryptionError('KEYS_UNREADABLE', 'the wrapped keys of this database cannot be read', {
    ...{ expected: `a row of format ${FORMAT}`, got },
    hint: 'written by a newer version of this package, or damaged on disk: restore it from a backup or another device',
  });
}
