/**
 * The marker `_meta.p2p`: what makes a document that we wrote self-describing after a crash (DESIGN §4). RxDB keeps
 * it through local updates, so it also tells what a local write was made on.
 */
import type { FieldHasher, FieldHashes } from '@rxdb-p2p/protocol';
import type { StoredHead } from '../journal/record.ts';
import { decodeSingleHead, type EncodedHead, encodeSingleHead } from '../journal/segment.ts';
import type { StoredDocument } from './document.ts';

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

interface EncodedMarker {
  readonly v: number;
  readonly r: string;
  readonly n: readonly string[];
  readonly f: string;
  readonly h?: EncodedHead;
}

export function encodeMarker({ rev, head, fields }: Marker): string {
  const marker: EncodedMarker = { v: MARKER_FORMAT, r: rev, n: fields.names, f: fields.hashes };
  return JSON.stringify(head === undefined ? marker : { ...marker, h: encodeSingleHead(head) });
}

/** Undefined where there is none, or none that can be read: the write then counts as concurrent. */
export function readMarker(document: StoredDocument, hasher: FieldHasher): Marker | undefined {
  const text: unknown = (document._meta as Readonly<Record<string, unknown>>)[MARKER_KEY];
  if (typeof text !== 'string') return undefined;
  try {
    const marker = JSON.parse(text) as EncodedMarker;
    if (marker.v !== MARKER_FORMAT) return undefined;
    const read = { rev: marker.r, fields: { names: hasher.shape(marker.n), hashes: marker.f } };
    return marker.h === undefined ? read : { ...read, head: decodeSingleHead(marker.h) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
