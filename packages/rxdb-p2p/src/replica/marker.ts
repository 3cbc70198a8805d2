/**
 * The marker `_meta.p2p`: what makes a document that we wrote self-describing after a crash (ARCHITECTURE §4). RxDB keeps
 * it through local updates, so it also tells what a local write was made on.
 */
import { contentHash, type FieldHasher, type FieldHashes, HASH_LENGTH, headOf } from '@rxdb-p2p/protocol';
import type { StoredHead } from '../journal/record.ts';
import { decodeSingleHead, type EncodedHead, encodeSingleHead } from '../journal/segment.ts';
import { checkShapes, expectThat } from '../journal/segment-checks.ts';
import { isRxdbField, type StoredDocument } from './document.ts';

export const MARKER_KEY = 'p2p';

export interface Marker {
  /** the revision that the marker was written with */
  readonly rev: string;
  /** the one head that this revision shows; undefined: a fold of several */
  readonly head?: StoredHead;
  /** field hashes of what this revision shows */
  readonly fields: FieldHashes;
}

const MARKER_FORMAT = 1;

/** As it stands in `_meta`: an object, since a text of its own for each document costs more than its fields do. */
export interface StoredMarker {
  readonly v: number;
  readonly r: string;
  readonly n: readonly string[];
  readonly f: string;
  readonly h?: EncodedHead;
}

export function encodeMarker({ rev, head, fields }: Marker): StoredMarker {
  const { names, hashes } = fields;
  if (head === undefined) return { v: MARKER_FORMAT, r: rev, n: names, f: hashes };
  return { v: MARKER_FORMAT, r: rev, n: names, f: hashes, h: encodeSingleHead(head) };
}

/** RxDB's type of `_meta` has no read-only arrays. */
export function metaWithMarker(
  meta: StoredDocument['_meta'] | undefined,
  lwt: number,
  marker: StoredMarker,
): StoredDocument['_meta'] {
  const marked = { lwt, [MARKER_KEY]: marker as never };
  return meta === undefined ? marked : { ...meta, ...marked };
}

/** Undefined where there is none, or none that can be read: the write then counts as concurrent. */
export function readMarker(document: StoredDocument, hasher: FieldHasher): Marker | undefined {
  const stored: unknown = (document._meta as Readonly<Record<string, unknown>>)[MARKER_KEY];
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { v, r, n, f, h } = stored as Partial<StoredMarker>;
  if (v !== MARKER_FORMAT || typeof r !== 'string' || typeof f !== 'string' || !Array.isArray(n)) return undefined;
  try {
    checkShapes([n]);
    expectThat(f.length === n.length * HASH_LENGTH, 'a hash for each field');
    const read = { rev: r, fields: { names: hasher.shape(n), hashes: f } };
    if (h === undefined) return read;
    const plain = hasher.plain(read.fields, document, isRxdbField);
    // Keyed hashes do not tell the content hash of what stood there before a local write.
    if (plain !== read.fields && document._rev !== r) return undefined;
    const { head } = decodeSingleHead(h);
    return { ...read, head: { head: headOf(head, contentHash(head, plain)) } };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
