/**
 * The default merge: per top-level field the last writer wins by that field's own clock, and a concurrent edit beats
 * a delete (ARCHITECTURE §3). A pure function of the set of heads.
 */
import type { Clock } from '../version/clock.ts';
import { compareClocks } from '../version/clock.ts';
import type { Head } from '../version/head.ts';
import { clockOf, compareHeads, isFork, vectorEntry } from '../version/head.ts';
import { canonicalJson } from './canonical.ts';
import type { Body } from './field-hashes.ts';

/** A head whose content can be shown. */
export interface Shown {
  readonly head: Head;
  readonly body: Body;
}

export interface Fold {
  readonly deleted: boolean;
  readonly body: Body;
}

/** The heads that decide the fields: the live ones if there are any. */
export function decidingHeads<T extends { readonly head: Head }>(versions: readonly T[]): readonly T[] {
  const live = versions.filter(({ head }) => !head.deleted);
  return live.length > 0 ? live : versions;
}

/** The version whose value a field takes, with the clock of that value. */
export function fieldWinner<T extends { readonly head: Head }>(
  versions: readonly T[],
  field: string,
  has: (version: T) => boolean,
): { readonly version: T; readonly clock: Clock } | undefined {
  let winner: { readonly version: T; readonly clock: Clock } | undefined;
  for (const version of versions) {
    const clock = clockOf(version.head, field, has(version));
    if (winner === undefined || compareClocks(clock, winner.clock) > 0) winner = { version, clock };
  }
  return winner;
}

/** @param versions at least one */
export function mergeFields(versions: readonly Shown[]): Fold {
  const sorted = [...versions].sort((a, b) => compareHeads(a.head, b.head));
  const deciding = decidingHeads(sorted);
  const last = deciding[deciding.length - 1];
  if (last === undefined) throw new TypeError('mergeFields: expected at least one version, got none');
  if (last.head.deleted || deciding.length === 1) return { deleted: last.head.deleted, body: last.body };
  const body: Record<string, unknown> = {};
  const decided = new Set<string>();
  for (const { body: from } of deciding) {
    for (const field of Object.keys(from)) {
      if (decided.has(field)) continue;
      decided.add(field);
      const winner = fieldWinner(deciding, field, (version) => Object.hasOwn(version.body, field));
      if (winner !== undefined && Object.hasOwn(winner.version.body, field))
        setOwn(body, field, winner.version.body[field]);
    }
  }
  return { deleted: false, body };
}

export interface Contest {
  /** top-level fields that were given different values */
  readonly fields: readonly string[];
  readonly editAgainstDelete: boolean;
}

/**
 * Versions among which contests are looked for, the latest: each is compared with each, and no person chooses among more.
 */
const MAX_CONTESTANTS = 64;

/** What the merge had to decide between concurrent versions; undefined when nothing was contested. */
export function contestOf(heads: readonly Shown[]): Contest | undefined {
  const versions = heads.slice(-MAX_CONTESTANTS);
  const fields = new Set<string>();
  let editAgainstDelete = false;
  for (const [i, a] of versions.entries()) {
    for (const b of versions.slice(i + 1)) {
      if (a.head.deleted !== b.head.deleted) editAgainstDelete = true;
      if (a.head.deleted || b.head.deleted) continue;
      for (const field of new Set([...Object.keys(a.body), ...Object.keys(b.body)])) {
        if (!fields.has(field) && isContested(a, b, field)) fields.add(field);
      }
    }
  }
  return fields.size > 0 || editAgainstDelete ? { fields: [...fields].sort(), editAgainstDelete } : undefined;
}

function isContested(a: Shown, b: Shown, field: string): boolean {
  const inA = Object.hasOwn(a.body, field);
  const inB = Object.hasOwn(b.body, field);
  const clockA = clockOf(a.head, field, inA);
  const clockB = clockOf(b.head, field, inB);
  const superseded = vectorEntry(b.head, clockA.actor) >= clockA.seq || vectorEntry(a.head, clockB.actor) >= clockB.seq;
  // The two sides of a fork have one name, so by it each would supersede the other.
  if (superseded && !isFork(a.head, b.head)) return false;
  return inA !== inB || canonicalJson(a.body[field]) !== canonicalJson(b.body[field]);
}

/** `object[key] = value` would call a setter for a key such as `__proto__`. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}
