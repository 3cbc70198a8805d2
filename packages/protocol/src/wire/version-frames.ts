/** Frames that carry versions (SPEC.md §1.7). */
import type { EntriesFrame, PushFrame } from '../session/frames.ts';
import { readChannel, readWantNumber, writeChannel, writeWantNumber } from './channel-frames.ts';
import type { ByteReader } from './reader.ts';
import { readActor, readCursor, readVector, writeActor, writeCursor, writeVector } from './vectors.ts';
import { readVersions, writeVersions } from './versions.ts';
import type { ByteWriter } from './writer.ts';

const HAS_CURSOR = 0x01;
const HAS_CLAIM = 0x02;

export function writeEntries(writer: ByteWriter, frame: EntriesFrame): void {
  writeChannel(writer, frame.channel);
  writer.byte((frame.cursor === null ? 0 : HAS_CURSOR) | (frame.claim === null ? 0 : HAS_CLAIM));
  writeWantNumber(writer, frame.want);
  writer.uint('remaining', frame.remaining, 0, Number.MAX_SAFE_INTEGER);
  if (frame.cursor !== null) writeCursor(writer, frame.cursor);
  if (frame.claim !== null) writeVector(writer, 'claim', frame.claim, 1);
  writeVersions(writer, frame.versions, []);
}

export function readEntries(reader: ByteReader): EntriesFrame {
  const channel = readChannel(reader);
  const flags = reader.flags('flags', HAS_CURSOR | HAS_CLAIM);
  const want = readWantNumber(reader);
  const remaining = reader.uint('remaining', 0, Number.MAX_SAFE_INTEGER);
  const cursor = (flags & HAS_CURSOR) === 0 ? null : readCursor(reader);
  const claim = (flags & HAS_CLAIM) === 0 ? null : readVector(reader, 'claim', 1);
  return { type: 'entries', channel, want, versions: readVersions(reader, []), cursor, claim, remaining };
}

export function writePush(writer: ByteWriter, frame: PushFrame): void {
  writeChannel(writer, frame.channel);
  writeActor(writer, frame.actor);
  writer.uint('previous', frame.previous, 0, Number.MAX_SAFE_INTEGER);
  writer.uint('seq', frame.seq, frame.previous + 1, Number.MAX_SAFE_INTEGER);
  writeVersions(writer, frame.versions, [frame.actor]);
}

export function readPush(reader: ByteReader): PushFrame {
  const channel = readChannel(reader);
  const actor = readActor(reader);
  const previous = reader.uint('previous', 0, Number.MAX_SAFE_INTEGER);
  const seq = reader.uint('seq', previous + 1, Number.MAX_SAFE_INTEGER);
  return { type: 'push', channel, actor, previous, seq, versions: readVersions(reader, [actor]) };
}
