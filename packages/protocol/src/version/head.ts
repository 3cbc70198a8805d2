/** Heads: the versions of a document that no other known version supersedes (ARCHITECTURE §3). */
import type { Clock } from './clock.ts';
import { compareClocks, NO_CLOCK } from './clock.ts';
import type { Actor, Dot } from './dot.ts';
import { compareStrings } from './dot.ts';

/** When a field's value was set, where that was not by the head's own write. */
export interface FieldClock extends Clock {
  readonly field: string;
}

/**
 * The envelope of one version of a document. Its version vector is its own dot plus `past`, so that a document
 * with one writer costs no vector at all.
 */
export interface Envelope extends Clock {
  /** What this version has superseded, by actors other than its own: sorted by actor, each actor once. */
  readonly past: readonly Dot[];
  readonly deleted: boolean;
  /** Clocks of the fields that this write did not set, and of absent fields that once were set; sorted by field. */
  readonly clocks: readonly FieldClock[];
  /** Clock of every absent field without one of its own; left by the tombstone this version stands on. */
  readonly floor?: Clock;
}

/** A version is known by its dot and its content hash: two contents under one dot are two versions, a *fork*. */
export interface Head extends Envelope {
  /** `contentHash`: CONTENT_HASH_LENGTH characters */
  readonly hash: string;
}

/** A version with its content, as it is sent. */
export interface Version {
  readonly id: string;
  readonly head: Envelope;
  /** JSON text of the document without `_rev`, `_meta`, `_deleted`, `_attachments`; undefined: too large to travel. */
  readonly body: string | undefined;
  /** the content hash, where there is no body to compute it from */
  readonly hash?: string;
  /** how large the body is that did not travel, bytes of UTF-8; undefined: not known */
  readonly bytes?: number;
}

export const NO_PAST: readonly Dot[] = [];
export const NO_FIELD_CLOCKS: readonly FieldClock[] = [];

/** `head.vector[actor]` of ARCHITECTURE §3. */
export function vectorEntry(head: Envelope, actor: Actor): number {
  if (head.actor === actor) return head.seq;
  return findSorted(head.past, actor, actorOfDot)?.seq ?? 0;
}

const actorOfDot = ({ actor }: Dot): string => actor;
const fieldOfClock = ({ field }: FieldClock): string => field;

/** Lists up to this length are read through. */
const SHORT_LIST = 8;

/** In a list sorted by name: what a peer sends can be thousands long, and is looked at for every field. */
function findSorted<T>(list: readonly T[], name: string, nameOf: (entry: T) => string): T | undefined {
  if (list.length <= SHORT_LIST) {
    for (const entry of list) if (nameOf(entry) === name) return entry;
    return undefined;
  }
  let low = 0;
  let high = list.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const entry = list[middle] as T;
    const order = compareStrings(nameOf(entry), name);
    if (order === 0) return entry;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** A version supersedes itself, too. */
export function supersedes(a: Envelope, b: Dot): boolean {
  return vectorEntry(a, b.actor) >= b.seq;
}

export function sameDot(a: Dot, b: Dot): boolean {
  return a.actor === b.actor && a.seq === b.seq;
}

/** The same version: one dot, one content. */
export function sameHead(a: Head, b: Head): boolean {
  return a.hash === b.hash && sameDot(a, b);
}

/** The two supersede the same. */
export function samePast({ past: a }: Envelope, { past: b }: Envelope): boolean {
  return a === b || (a.length === b.length && a.every((dot, i) => sameDot(dot, b[i] as Dot)));
}

/** One dot, two contents. */
export function isFork(a: Head, b: Head): boolean {
  return a.hash !== b.hash && sameDot(a, b);
}

/** The order in which heads are folded. */
export function compareHeads(a: Head, b: Head): number {
  return compareClocks(a, b) || compareStrings(a.hash, b.hash);
}

/** Union of the heads' vectors as dots sorted by actor, `except` one actor. */
export function joinPasts(heads: readonly Envelope[], except: Actor): readonly Dot[] {
  if (heads.every(({ actor, past }) => actor === except && past.length === 0)) return NO_PAST;
  const joined = new Map<Actor, number>();
  for (const head of heads) {
    for (const dot of [head, ...head.past]) {
      if (dot.actor !== except && (joined.get(dot.actor) ?? 0) < dot.seq) joined.set(dot.actor, dot.seq);
    }
  }
  if (joined.size === 0) return NO_PAST;
  return [...joined].map(([actor, seq]) => ({ actor, seq })).sort((a, b) => compareStrings(a.actor, b.actor));
}

/**
 * Drops every version that another one supersedes, and duplicates; the rest in fold order. Of two that supersede each other
 * both stay: a fork does, and what was written on its two sides may. [VER-10] Duplicates supersede what any of them does.
 */
export function reduceHeads<T extends { readonly head: Head }>(versions: readonly T[]): T[] {
  if (versions.length < 2) return [...versions];
  const byName = new Map<string, T>();
  for (const version of versions) {
    const { head } = version;
    const name = `${head.actor} ${head.seq} ${head.hash}`;
    const known = byName.get(name);
    if (known === undefined) byName.set(name, version);
    else if (!samePast(known.head, head))
      byName.set(name, { ...known, head: { ...head, past: joinPasts([known.head, head], head.actor) } });
  }
  const once = [...byName.values()];
  const superseded = supersession(once.map(({ head }) => head));
  const kept = once.filter(({ head }) => !superseded(head));
  // Only what nobody can have written honestly forms a ring; even then no document loses all its versions.
  return (kept.length > 0 ? kept : once).sort((a, b) => compareHeads(a.head, b.head));
}

/** Which of the heads another one supersedes, without comparing each with each: a document can have thousands. */
function supersession(heads: readonly Head[]): (head: Head) => boolean {
  const byActor = new Map<Actor, { readonly seq: number; readonly head: Head }[]>();
  for (const head of heads) {
    for (const { actor, seq } of [head, ...head.past]) {
      const known = byActor.get(actor);
      if (known === undefined) byActor.set(actor, [{ seq, head }]);
      else known.push({ seq, head });
    }
  }
  for (const entries of byActor.values()) entries.sort((a, b) => b.seq - a.seq);
  return (a) => {
    for (const { seq, head: b } of byActor.get(a.actor) ?? []) {
      if (seq < a.seq) return false;
      if (!sameDot(a, b) && !supersedes(a, b)) return true;
    }
    return false;
  };
}

/** The clock of a field in this version; `present` says whether its document has the field. */
export function clockOf(head: Envelope, field: string, present: boolean): Clock {
  const clock = findSorted(head.clocks, field, fieldOfClock);
  if (clock !== undefined) return clock;
  if (present || head.deleted) return head;
  return head.floor ?? NO_CLOCK;
}
