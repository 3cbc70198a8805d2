/** The envelope of a local write: what it supersedes, and which of its fields it set itself (ARCHITECTURE §3). */
import { MAX_FIELD_CLOCKS, MAX_FIELD_NAME_BYTES } from '../limits.ts';
import type { Clock } from '../version/clock.ts';
import { compareClocks, NO_CLOCK, nextTimestamp } from '../version/clock.ts';
import { contentHash, headOf } from '../version/content-hash.ts';
import type { Actor } from '../version/dot.ts';
import { compareStrings } from '../version/dot.ts';
import type { Envelope, FieldClock, Head } from '../version/head.ts';
import { joinPasts, NO_FIELD_CLOCKS, vectorEntry } from '../version/head.ts';
import { isWellFormedText, utf8Length } from '../wire/text.ts';
import type { FieldHashes } from './field-hashes.ts';
import { fieldHash } from './field-hashes.ts';
import { decidingHeads, fieldWinner } from './fields-merge.ts';

export interface LocalWrite {
  readonly actor: Actor;
  readonly seq: number;
  /** the document's `_meta.lwt`, milliseconds since 1970 */
  readonly wallMs: number;
  readonly deleted: boolean;
  readonly fields: FieldHashes;
  /** the same unkeyed, where `fields` are keyed; for the content hash */
  readonly plainFields?: FieldHashes;
}

/** A head the write was made on, with the hashes of its own content. */
export interface Base {
  readonly head: Head;
  readonly fields: FieldHashes;
}

/**
 * @param bases the heads whose fold the writer saw; all of them are superseded
 * @param seen heads that are known but were not seen by the writer: their timestamps count, and the pasts of his own
 */
export function localHead(write: LocalWrite, bases: readonly Base[], seen: readonly Head[] = []): Head {
  const envelope = localEnvelope(write, bases, seen);
  return headOf(envelope, contentHash(envelope, write.plainFields ?? write.fields));
}

function localEnvelope(write: LocalWrite, bases: readonly Base[], seen: readonly Head[]): Envelope {
  const { actor, seq, deleted } = write;
  const heads = bases.map(({ head }) => head);
  const time = nextTimestamp(write.wallMs, timestamps([...heads, ...seen]));
  // [VER-3] His own earlier versions are superseded by his name, seen or not, and what they had superseded must stay so. Where
  // one of another author has taken their place, it tells that: all that it has superseded counts, and it itself does not.
  const ofOwn = seen.filter((head) => vectorEntry(head, actor) > 0);
  const past = joinPasts([...heads, ...ofOwn.map((head) => ({ ...head, seq: head.seq - 1 }))], actor);
  // A tombstone sets all fields at once; so does the first version of a document.
  if (deleted || bases.length === 0) return { actor, seq, time, past, deleted, clocks: NO_FIELD_CLOCKS };

  const deciding = decidingHeads(bases);
  const floor = floorOf(deciding);
  const own: Clock = { time, actor, seq };
  const clocks: FieldClock[] = [];
  for (const field of fieldNames(write.fields, deciding)) {
    const winner = fieldWinner(deciding, field, (base) => fieldHash(base.fields, field) !== undefined);
    const value = fieldHash(write.fields, field);
    const before =
      winner === undefined || winner.version.head.deleted ? undefined : fieldHash(winner.version.fields, field);
    const clock = winner !== undefined && value === before ? winner.clock : own;
    const byDefault = value === undefined ? floor : own;
    if (compareClocks(clock, byDefault) !== 0 && clocks.length < MAX_FIELD_CLOCKS && isFieldName(field))
      clocks.push({ field, time: clock.time, actor: clock.actor, seq: clock.seq });
  }
  const head = { actor, seq, time, past, deleted, clocks: clocks.length === 0 ? NO_FIELD_CLOCKS : clocks };
  return floor === NO_CLOCK ? head : { ...head, floor };
}

/** [REP-14] A clock that no frame takes would keep the document from travelling: the field then goes by the write's own. */
function isFieldName(field: string): boolean {
  return (
    isWellFormedText(field) && (field.length * 3 <= MAX_FIELD_NAME_BYTES || utf8Length(field) <= MAX_FIELD_NAME_BYTES)
  );
}

function* timestamps(heads: readonly Head[]): Generator<number> {
  for (const head of heads) {
    yield head.time;
    if (head.floor !== undefined) yield head.floor.time;
    for (const clock of head.clocks) yield clock.time;
  }
}

function fieldNames(fields: FieldHashes, bases: readonly Base[]): readonly string[] {
  const names = new Set(fields.names);
  for (const base of bases) {
    for (const name of base.fields.names) names.add(name);
    for (const clock of base.head.clocks) names.add(clock.field);
  }
  return [...names].sort(compareStrings);
}

/** What every absent field without a clock of its own inherits: the latest tombstone it stands on. */
function floorOf(bases: readonly Base[]): Clock {
  let floor: Clock = NO_CLOCK;
  for (const { head } of bases) {
    const candidate: Clock = head.deleted ? head : (head.floor ?? NO_CLOCK);
    if (compareClocks(candidate, floor) > 0)
      floor = { time: candidate.time, actor: candidate.actor, seq: candidate.seq };
  }
  return floor;
}
