/** The rows of a journal: how they are named, and which of them count after a crash. */
import type { FieldHasher } from '@rxdb-p2p/protocol';
import { P2PError } from '@rxdb-p2p/protocol';
import { type DecodedSegment, decodeSegment, type Epoch } from './segment.ts';
import type { Sidecar } from './sidecar.ts';

export const FIRST_KEY = 'a';

export function segmentKey(number: number): string {
  return `s${String(number).padStart(12, '0')}`;
}

/**
 * A snapshot is named after the segment that commits it. Compaction follows an append, so no later snapshot can have
 * this name, whatever a crash has left behind, deleted but not purged included.
 */
export function partKey(snapshot: number, part: number): string {
  return `p${String(snapshot).padStart(12, '0')}-${String(part).padStart(6, '0')}`;
}

function encodeFirstRow(journal: string): string {
  return JSON.stringify({ v: 1, journal });
}

/** @returns the journal's id. @throws P2PError `JOURNAL_UNREADABLE` */
function decodeFirstRow(text: string): string {
  try {
    const row = JSON.parse(text) as { readonly v?: unknown; readonly journal?: unknown } | null;
    if (row?.v === 1 && typeof row.journal === 'string' && /^[A-Za-z0-9_-]{22}$/.test(row.journal)) return row.journal;
  } catch (cause) {
    throw unreadable('the first row of the journal is not JSON', cause);
  }
  throw unreadable('the first row of the journal cannot be read');
}

/** @returns the journal's id. @throws P2PError `JOURNAL_UNREADABLE`, `LEADERSHIP_LOST` */
export async function readOrWriteFirst(
  first: string | undefined,
  sidecar: Sidecar,
  randomId: (bytes: number) => string,
): Promise<string> {
  if (first !== undefined) return decodeFirstRow(first);
  const journal = randomId(16);
  if (!(await sidecar.insert([{ key: FIRST_KEY, text: encodeFirstRow(journal) }]))) throw leadershipLost();
  return journal;
}

export interface Log {
  /** in the order in which they are to be applied: the parts of the newest snapshot, its segment, those after it */
  readonly segments: readonly DecodedSegment[];
  readonly keys: readonly string[];
  /** how many of them are the snapshot */
  readonly snapshotKeys: number;
  /** number of the last segment; 0: there is none */
  readonly last: number;
  /** keys of rows that a crash has left: of an unfinished snapshot, or of what a finished one replaces */
  readonly orphans: readonly string[];
}

/** @throws P2PError `JOURNAL_UNREADABLE` */
export function readLog(rows: ReadonlyMap<string, string>, hasher: FieldHasher): Log {
  const read = (key: string): DecodedSegment => {
    const text = rows.get(key);
    if (text === undefined) throw unreadable(`row ${key} of the journal is missing`);
    return decodeSegment(key, text, hasher);
  };
  const numbers = [...rows.keys()].filter((key) => key.startsWith('s')).map((key) => Number(key.slice(1)));
  const last = numbers.reduce((most, number) => Math.max(most, number), 0);
  const keys: string[] = [];
  const segments: DecodedSegment[] = [];
  let snapshotKeys = 0;
  // Backwards, as far as the newest snapshot: what it replaces may be gone in part.
  for (let number = last; number > 0; number--) {
    const segment = read(segmentKey(number));
    keys.unshift(segmentKey(number));
    segments.unshift(segment);
    const { snapshot } = segment.state;
    if (snapshot === undefined) continue;
    const parts = Array.from({ length: snapshot.parts }, (_, part) => partKey(snapshot.generation, part));
    segments.unshift(...parts.map(read));
    keys.unshift(...parts);
    snapshotKeys = parts.length + 1;
    break;
  }
  const epochs = segments.findLast(({ state }) => state.epochs !== undefined)?.state.epochs ?? [];
  const live = new Set([FIRST_KEY, ...keys, ...fenceKeys(epochs)]);
  return { segments, keys, snapshotKeys, last, orphans: [...rows.keys()].filter((key) => !live.has(key)) };
}

/** Rows that are kept only so that nobody can write them again. */
export function fenceKeys(epochs: readonly Epoch[]): readonly string[] {
  return epochs.flatMap(({ fence }) => (fence === undefined ? [] : [segmentKey(fence)]));
}

export function unreadable(message: string, cause?: unknown): P2PError {
  const hint = 'written by a newer version of this package, or damaged on disk';
  return new P2PError('JOURNAL_UNREADABLE', message, cause === undefined ? { hint } : { hint, cause });
}

export function leadershipLost(): P2PError {
  return new P2PError('LEADERSHIP_LOST', 'another tab has taken over this collection', {
    hint: 'nothing is lost; the other tab goes on',
  });
}
