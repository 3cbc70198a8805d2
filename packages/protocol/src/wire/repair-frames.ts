/** Frames of a repair (SPEC.md §1.8). */
import { MAX_COMPARED_RANGES, MAX_DIGESTS, MAX_FETCHED_IDS, MAX_ID_BYTES } from '../limits.ts';
import type { CompareFrame, DifferFrame, DigestItem, DigestRange, FetchFrame } from '../session/frames.ts';
import { DIGEST_BYTES } from '../version/fingerprint.ts';
import { readChannel, readWantNumber, writeChannel, writeWantNumber } from './channel-frames.ts';
import type { ByteReader } from './reader.ts';
import type { ByteWriter } from './writer.ts';

const HAS_AFTER = 0x01;
const IS_OPEN = 0x02;
const HAS_UP_TO = 0x01;

/** The digest of an open range. */
const MIN_RANGE_BYTES = DIGEST_BYTES;
/** An empty id and a digest. */
const MIN_ITEM_BYTES = 1 + DIGEST_BYTES;

export function writeCompare(writer: ByteWriter, { channel, want, after, ranges }: CompareFrame): void {
  writeChannel(writer, channel);
  const isOpen = ranges[ranges.length - 1]?.last === null;
  writer.byte((after === null ? 0 : HAS_AFTER) | (isOpen ? IS_OPEN : 0));
  writeWantNumber(writer, want);
  if (after !== null) writer.text('after', after, MAX_ID_BYTES);
  writer.uint('ranges', ranges.length, 1, MAX_COMPARED_RANGES);
  let previous = after ?? undefined;
  for (const [i, { last, digest }] of ranges.entries()) {
    if (last === null && i < ranges.length - 1) writer.fail('ranges', 'the last one alone to be open', `range ${i}`);
    if (last !== null) {
      writer.rising('ranges', previous, last);
      writer.text('last', last, MAX_ID_BYTES);
      previous = last;
    }
    writer.fixed('digest', digest, DIGEST_BYTES);
  }
}

export function readCompare(reader: ByteReader): CompareFrame {
  const channel = readChannel(reader);
  const flags = reader.flags('flags', HAS_AFTER | IS_OPEN);
  const want = readWantNumber(reader);
  const after = (flags & HAS_AFTER) === 0 ? null : reader.text('after', MAX_ID_BYTES);
  const count = reader.count('ranges', 1, MAX_COMPARED_RANGES, MIN_RANGE_BYTES);
  const ranges: DigestRange[] = [];
  let previous = after ?? undefined;
  for (let i = 0; i < count; i++) {
    const isOpen = i === count - 1 && (flags & IS_OPEN) !== 0;
    const last = isOpen ? null : reader.text('last', MAX_ID_BYTES);
    if (last !== null) {
      reader.rising('ranges', previous, last);
      previous = last;
    }
    ranges.push({ last, digest: reader.fixed('digest', DIGEST_BYTES) });
  }
  return { type: 'compare', channel, want, after, ranges };
}

export function writeDiffer(writer: ByteWriter, { channel, want, upTo, items }: DifferFrame): void {
  writeChannel(writer, channel);
  writer.byte(upTo === null ? 0 : HAS_UP_TO);
  writeWantNumber(writer, want);
  if (upTo !== null) writer.text('upTo', upTo, MAX_ID_BYTES);
  writer.uint('items', items.length, 0, MAX_DIGESTS);
  let previous: string | undefined;
  for (const { id, digest } of items) {
    writer.rising('items', previous, id);
    writer.text('id', id, MAX_ID_BYTES);
    writer.fixed('digest', digest, DIGEST_BYTES);
    previous = id;
  }
}

export function readDiffer(reader: ByteReader): DifferFrame {
  const channel = readChannel(reader);
  const flags = reader.flags('flags', HAS_UP_TO);
  const want = readWantNumber(reader);
  const upTo = (flags & HAS_UP_TO) === 0 ? null : reader.text('upTo', MAX_ID_BYTES);
  const count = reader.count('items', 0, MAX_DIGESTS, MIN_ITEM_BYTES);
  const items: DigestItem[] = [];
  let previous: string | undefined;
  for (let i = 0; i < count; i++) {
    const id = reader.text('id', MAX_ID_BYTES);
    reader.rising('items', previous, id);
    items.push({ id, digest: reader.fixed('digest', DIGEST_BYTES) });
    previous = id;
  }
  return { type: 'differ', channel, want, upTo, items };
}

export function writeFetch(writer: ByteWriter, { channel, want, ids }: FetchFrame): void {
  writeChannel(writer, channel);
  writeWantNumber(writer, want);
  writer.uint('ids', ids.length, 1, MAX_FETCHED_IDS);
  let previous: string | undefined;
  for (const id of ids) {
    writer.rising('ids', previous, id);
    writer.text('id', id, MAX_ID_BYTES);
    previous = id;
  }
}

export function readFetch(reader: ByteReader): FetchFrame {
  const channel = readChannel(reader);
  const want = readWantNumber(reader);
  const count = reader.count('ids', 1, MAX_FETCHED_IDS, 1);
  const ids: string[] = [];
  let previous: string | undefined;
  for (let i = 0; i < count; i++) {
    const id = reader.text('id', MAX_ID_BYTES);
    reader.rising('ids', previous, id);
    ids.push(id);
    previous = id;
  }
  return { type: 'fetch', channel, want, ids };
}
