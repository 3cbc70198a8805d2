/** Actors, vectors and cursors on the wire (SPEC.md §1.2). */
import { MAX_VECTOR_ENTRIES } from '../limits.ts';
import type { Cursor } from '../session/frames.ts';
import type { Actor } from '../version/dot.ts';
import { sortedEntries, type Vector } from '../version/vector.ts';
import { ascii, type Element, record, uint } from './layout.ts';

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const ACTOR_CHARACTERS = 16;
const JOURNAL_CHARACTERS = 22;
const EPOCH_CHARACTERS = 11;
const HASH_CHARACTERS = 43;
/** An actor and the shortest `seq`. */
const MIN_VECTOR_ENTRY_BYTES = ACTOR_CHARACTERS + 1;

export const ACTOR: Element<Actor> = ascii(BASE64URL, ACTOR_CHARACTERS);

/** A SHA-256 as text: a replica, a schema. */
export const HASH: Element<string> = ascii(BASE64URL, HASH_CHARACTERS);

export const CURSOR: Element<Cursor> = record<Cursor>({
  journal: ascii(BASE64URL, JOURNAL_CHARACTERS),
  epoch: ascii(BASE64URL, EPOCH_CHARACTERS),
  lsn: uint(),
});

/** @param minSeq 0 where an entry may say that there is none any more, else 1 */
export function vector(minSeq: 0 | 1): Element<Vector> {
  const seqs = uint(minSeq);
  return {
    write(writer, name, entries) {
      writer.uint(name, entries.size, 0, MAX_VECTOR_ENTRIES);
      for (const [actor, seq] of sortedEntries(entries)) {
        ACTOR.write(writer, name, actor);
        seqs.write(writer, name, seq);
      }
    },
    read(reader, name) {
      const entries = new Map<Actor, number>();
      let previous: Actor | undefined;
      for (let left = reader.count(name, 0, MAX_VECTOR_ENTRIES, MIN_VECTOR_ENTRY_BYTES); left > 0; left--) {
        const actor = ACTOR.read(reader, name);
        reader.rising(name, previous, actor);
        entries.set(actor, seqs.read(reader, name));
        previous = actor;
      }
      return entries;
    },
  };
}
