/** Lists of versions on the wire (SPEC.md §1.3). A fresh document costs its id, its body and about ten bytes. */
import {
  MAX_BODY_BYTES,
  MAX_FIELD_CLOCKS,
  MAX_FIELD_NAME_BYTES,
  MAX_HISTORY_ENTRIES_PER_FRAME,
  MAX_ID_BYTES,
  MAX_PAST_ENTRIES,
  MAX_VERSIONS_PER_FRAME,
} from '../limits.ts';
import { base64url, fromBase64url } from '../version/base64url.ts';
import type { Clock } from '../version/clock.ts';
import { CONTENT_HASH_LENGTH } from '../version/content-hash.ts';
import type { Actor, Dot } from '../version/dot.ts';
import { type Envelope, type FieldClock, NO_FIELD_CLOCKS, NO_PAST, type Version } from '../version/head.ts';
import { NameReader, NameWriter } from './name-table.ts';
import type { ByteReader } from './reader.ts';
import { ACTOR } from './vectors.ts';
import type { ByteWriter } from './writer.ts';

const DELETED = 0x01;
const HAS_PAST = 0x02;
const HAS_CLOCKS = 0x04;
const HAS_FLOOR = 0x08;
const NO_BODY = 0x10;
const ALL_FLAGS: number = DELETED | HAS_PAST | HAS_CLOCKS | HAS_FLOOR | NO_BODY;

const CONTENT_HASH_BYTES = 8;

/** Flags, an empty id, an index, `seq`, a time, an empty body. */
const MIN_VERSION_BYTES = 6;
/** An index and `seq`. */
const MIN_DOT_BYTES = 2;
/** A field's index and a clock. */
const MIN_FIELD_CLOCK_BYTES = 4;

/** @param actors those that the frame has named already */
export function writeVersions(writer: ByteWriter, versions: readonly Version[], actors: readonly Actor[]): void {
  const actorNames = new NameWriter((to, actor) => ACTOR.write(to, 'actor', actor), actors);
  const fieldNames = new NameWriter((to, field) => to.text('field', field, MAX_FIELD_NAME_BYTES), []);
  writer.uint('versions', versions.length, 0, MAX_VERSIONS_PER_FRAME);
  let previousTime = 0;
  let history = 0;
  for (const { id, head, body, hash, bytes } of versions) {
    history += head.past.length + head.clocks.length;
    if (history > MAX_HISTORY_ENTRIES_PER_FRAME) {
      writer.fail('history', `at most ${MAX_HISTORY_ENTRIES_PER_FRAME} entries in a frame`, `${history}`);
    }
    writer.byte(flagsOf(head, body));
    writer.text('id', id, MAX_ID_BYTES);
    writeClock(writer, actorNames, head, previousTime);
    if (head.past.length > 0) writePast(writer, actorNames, head);
    if (head.clocks.length > 0) writeFieldClocks(writer, actorNames, fieldNames, head);
    if (head.floor !== undefined) writeClock(writer, actorNames, head.floor, head.time);
    if (body === undefined) {
      writeContentHash(writer, hash);
      writer.uint('bytes', bytes ?? 0, 0, Number.MAX_SAFE_INTEGER);
    } else writer.text('body', body, MAX_BODY_BYTES);
    previousTime = head.time;
  }
}

export function readVersions(reader: ByteReader, actors: readonly Actor[]): readonly Version[] {
  const actorNames = new NameReader((from) => ACTOR.read(from, 'actor'), actors);
  const fieldNames = new NameReader((from) => from.text('field', MAX_FIELD_NAME_BYTES), []);
  const count = reader.count('versions', 0, MAX_VERSIONS_PER_FRAME, MIN_VERSION_BYTES);
  const versions: Version[] = [];
  let previousTime = 0;
  let history = 0;
  for (let i = 0; i < count; i++) {
    reader.version = i;
    const flags = reader.flags('flags', ALL_FLAGS);
    const id = reader.text('id', MAX_ID_BYTES);
    const { time, actor, seq } = readClock(reader, actorNames, previousTime);
    const past = (flags & HAS_PAST) === 0 ? NO_PAST : readPast(reader, actorNames, actor);
    const clocks = (flags & HAS_CLOCKS) === 0 ? NO_FIELD_CLOCKS : readFieldClocks(reader, actorNames, fieldNames, time);
    history += past.length + clocks.length;
    if (history > MAX_HISTORY_ENTRIES_PER_FRAME) {
      const most = `at most ${MAX_HISTORY_ENTRIES_PER_FRAME} entries in a frame`;
      reader.fail('history', most, `${history}`, 'FRAME_LIMIT_EXCEEDED');
    }
    const plain: Envelope = { time, actor, seq, past, deleted: (flags & DELETED) !== 0, clocks };
    const head = (flags & HAS_FLOOR) === 0 ? plain : { ...plain, floor: readClock(reader, actorNames, time) };
    versions.push(
      (flags & NO_BODY) === 0
        ? { id, head, body: reader.text('body', MAX_BODY_BYTES) }
        : { id, head, body: undefined, ...readOmitted(reader) },
    );
    previousTime = time;
  }
  reader.version = undefined;
  return versions;
}

/** What comes in the place of a body that did not travel. */
function readOmitted(reader: ByteReader): Pick<Version, 'hash' | 'bytes'> {
  const hash = base64url(reader.fixed('hash', CONTENT_HASH_BYTES));
  const bytes = reader.uint('bytes', 0, Number.MAX_SAFE_INTEGER);
  return bytes === 0 ? { hash } : { hash, bytes };
}

function flagsOf(head: Envelope, body: string | undefined): number {
  return (
    (head.deleted ? DELETED : 0) |
    (head.past.length > 0 ? HAS_PAST : 0) |
    (head.clocks.length > 0 ? HAS_CLOCKS : 0) |
    (head.floor === undefined ? 0 : HAS_FLOOR) |
    (body === undefined ? NO_BODY : 0)
  );
}

function writeContentHash(writer: ByteWriter, hash: string | undefined): void {
  if (hash?.length !== CONTENT_HASH_LENGTH) writer.fail('hash', 'a content hash where there is no body', String(hash));
  writer.fixed('hash', fromBase64url(hash), CONTENT_HASH_BYTES);
}

function writeClock(writer: ByteWriter, actors: NameWriter, clock: Clock, timeBefore: number): void {
  actors.write(writer, clock.actor);
  writer.uint('seq', clock.seq, 1, Number.MAX_SAFE_INTEGER);
  writer.timestamp('time', clock.time, timeBefore);
}

function readClock(reader: ByteReader, actors: NameReader, timeBefore: number): Clock {
  const actor = actors.read(reader);
  const seq = reader.uint('seq', 1, Number.MAX_SAFE_INTEGER);
  return { time: reader.timestamp('time', timeBefore), actor, seq };
}

function writePast(writer: ByteWriter, actors: NameWriter, head: Envelope): void {
  writer.uint('past', head.past.length, 1, MAX_PAST_ENTRIES);
  let previous: Actor | undefined;
  for (const { actor, seq } of head.past) {
    if (actor === head.actor) writer.fail('past', 'an actor other than its own', actor);
    writer.rising('past', previous, actor);
    actors.write(writer, actor);
    writer.uint('past', seq, 1, Number.MAX_SAFE_INTEGER);
    previous = actor;
  }
}

function readPast(reader: ByteReader, actors: NameReader, own: Actor): readonly Dot[] {
  const count = reader.count('past', 1, MAX_PAST_ENTRIES, MIN_DOT_BYTES);
  const past: Dot[] = [];
  let previous: Actor | undefined;
  for (let i = 0; i < count; i++) {
    const actor = actors.read(reader);
    if (actor === own) reader.fail('past', 'an actor other than its own', 'its own');
    reader.rising('past', previous, actor);
    past.push({ actor, seq: reader.uint('past', 1, Number.MAX_SAFE_INTEGER) });
    previous = actor;
  }
  return past;
}

function writeFieldClocks(writer: ByteWriter, actors: NameWriter, fields: NameWriter, head: Envelope): void {
  writer.uint('clocks', head.clocks.length, 1, MAX_FIELD_CLOCKS);
  let previous: FieldClock | undefined;
  for (const clock of head.clocks) {
    writer.rising('clocks', previous?.field, clock.field);
    fields.write(writer, clock.field);
    writeClock(writer, actors, clock, previous?.time ?? head.time);
    previous = clock;
  }
}

function readFieldClocks(
  reader: ByteReader,
  actors: NameReader,
  fields: NameReader,
  headTime: number,
): readonly FieldClock[] {
  const count = reader.count('clocks', 1, MAX_FIELD_CLOCKS, MIN_FIELD_CLOCK_BYTES);
  const clocks: FieldClock[] = [];
  let previous: FieldClock | undefined;
  for (let i = 0; i < count; i++) {
    const field = fields.read(reader);
    reader.rising('clocks', previous?.field, field);
    const { time, actor, seq } = readClock(reader, actors, previous?.time ?? headTime);
    previous = { field, time, actor, seq };
    clocks.push(previous);
  }
  return clocks;
}
