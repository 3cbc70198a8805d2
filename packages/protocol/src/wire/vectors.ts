/** Actors, vectors and cursors on the wire (SPEC.md §1.2). */
import { MAX_VECTOR_ENTRIES } from '../limits.ts';
import type { Cursor } from '../session/frames.ts';
import type { Actor } from '../version/dot.ts';
import { sortedEntries, type Vector } from '../version/vector.ts';
import type { ByteReader } from './reader.ts';
import type { ByteWriter } from './writer.ts';

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const ACTOR_CHARACTERS = 16;
const JOURNAL_CHARACTERS = 22;
const EPOCH_CHARACTERS = 11;
const HASH_CHARACTERS = 43;
/** An actor and the shortest `seq`. */
const MIN_VECTOR_ENTRY_BYTES = ACTOR_CHARACTERS + 1;

export function writeActor(writer: ByteWriter, actor: Actor): void {
  writer.ascii('actor', actor, BASE64URL, ACTOR_CHARACTERS);
}

export function readActor(reader: ByteReader): Actor {
  return reader.ascii('actor', BASE64URL, ACTOR_CHARACTERS);
}

/** A SHA-256 as text: a replica, a schema. */
export function writeHash(writer: ByteWriter, name: string, hash: string): void {
  writer.ascii(name, hash, BASE64URL, HASH_CHARACTERS);
}

export function readHash(reader: ByteReader, name: string): string {
  return reader.ascii(name, BASE64URL, HASH_CHARACTERS);
}

/** @param minSeq 0 where an entry may say that there is none any more, else 1 */
export function writeVector(writer: ByteWriter, name: string, vector: Vector, minSeq: 0 | 1): void {
  writer.uint(name, vector.size, 0, MAX_VECTOR_ENTRIES);
  for (const [actor, seq] of sortedEntries(vector)) {
    writeActor(writer, actor);
    writer.uint(name, seq, minSeq, Number.MAX_SAFE_INTEGER);
  }
}

export function readVector(reader: ByteReader, name: string, minSeq: 0 | 1): Vector {
  const count = reader.count(name, 0, MAX_VECTOR_ENTRIES, MIN_VECTOR_ENTRY_BYTES);
  const vector = new Map<Actor, number>();
  let previous: Actor | undefined;
  for (let i = 0; i < count; i++) {
    const actor = readActor(reader);
    reader.rising(name, previous, actor);
    vector.set(actor, reader.uint(name, minSeq, Number.MAX_SAFE_INTEGER));
    previous = actor;
  }
  return vector;
}

export function writeCursor(writer: ByteWriter, cursor: Cursor): void {
  writer.ascii('cursor.journal', cursor.journal, BASE64URL, JOURNAL_CHARACTERS);
  writer.ascii('cursor.epoch', cursor.epoch, BASE64URL, EPOCH_CHARACTERS);
  writer.uint('cursor.lsn', cursor.lsn, 0, Number.MAX_SAFE_INTEGER);
}

export function readCursor(reader: ByteReader): Cursor {
  return {
    journal: reader.ascii('cursor.journal', BASE64URL, JOURNAL_CHARACTERS),
    epoch: reader.ascii('cursor.epoch', BASE64URL, EPOCH_CHARACTERS),
    lsn: reader.uint('cursor.lsn', 0, Number.MAX_SAFE_INTEGER),
  };
}
