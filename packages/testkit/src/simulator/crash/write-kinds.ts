/** What a storage write of a device is, for the list of places at which processes have died. */
import { createFieldHasher } from '@rxdb-p2p/protocol';
import { type DecodedSegment, decodeSegment, readMarker, type StoredDocument } from 'rxdb-p2p/testing';
import type { StorageWrite } from '../process.ts';
import { USER_CONTEXT } from '../user.ts';

/** All writes that a person, a replica and its journal make. */
export const WRITE_KINDS = [
  'documents: a write by hand',
  'documents: one version is shown',
  'documents: a fold of several versions is shown',
  'documents: a delete is shown',
  'journal: the first row',
  'journal: an epoch begins',
  'journal: records',
  'journal: records with pending folds',
  'journal: lost documents are forgotten',
  'journal: a rollback begins',
  'journal: a rollback ends',
  'journal: state alone',
  'journal: a part of a snapshot',
  'journal: a snapshot is committed',
  'journal: replaced rows are dropped',
  'journal: dropped rows are purged',
] as const;

export type WriteKind = (typeof WRITE_KINDS)[number];

type Rows = readonly Readonly<Record<string, unknown>>[];

const hasher = createFieldHasher();

/** Of a write with several rows the kind of its last one. */
export function kindOf({ instance, context, rows }: StorageWrite): WriteKind {
  if (instance === 'items') return context === USER_CONTEXT ? 'documents: a write by hand' : shownKind(rows);
  if (context === 'cleanup') return 'journal: dropped rows are purged';
  const last = rows[rows.length - 1];
  if (last?.['_deleted'] === true) return 'journal: replaced rows are dropped';
  const key = String(last?.['key']);
  if (key.startsWith('p')) return 'journal: a part of a snapshot';
  return key.startsWith('s')
    ? segmentKind(decodeSegment(key, String(last?.['text']), hasher))
    : 'journal: the first row';
}

function shownKind(rows: Rows): WriteKind {
  const last = rows[rows.length - 1] as StoredDocument | undefined;
  if (last?._deleted === true) return 'documents: a delete is shown';
  const isSingle = last !== undefined && readMarker(last, hasher)?.head !== undefined;
  return isSingle ? 'documents: one version is shown' : 'documents: a fold of several versions is shown';
}

function segmentKind({ records, state }: DecodedSegment): WriteKind {
  if (state.snapshot !== undefined) return 'journal: a snapshot is committed';
  if (state.epochs !== undefined) return 'journal: an epoch begins';
  if (state.dropped !== undefined) return 'journal: lost documents are forgotten';
  if (state.rollback !== undefined)
    return state.rollback === null ? 'journal: a rollback ends' : 'journal: a rollback begins';
  if (records.some(({ pending }) => pending !== undefined)) return 'journal: records with pending folds';
  return records.length > 0 ? 'journal: records' : 'journal: state alone';
}
