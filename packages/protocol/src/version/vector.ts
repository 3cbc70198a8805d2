/** Collection vectors: what a replica has received and persisted, or knows to be superseded (ARCHITECTURE §3). */
import { sha256 } from '@noble/hashes/sha2.js';
import type { Actor, Dot } from './dot.ts';
import { compareStrings } from './dot.ts';

/** actor → highest covered `seq`. A Map, because an actor of 16 characters can be called `__defineGetter__`. */
export type Vector = ReadonlyMap<Actor, number>;

export const EMPTY_VECTOR: Vector = new Map();

export function covers(vector: Vector, dot: Dot): boolean {
  return (vector.get(dot.actor) ?? 0) >= dot.seq;
}

/** True when `a` covers everything `b` covers. */
export function dominates(a: Vector, b: Vector): boolean {
  for (const [actor, seq] of b) if ((a.get(actor) ?? 0) < seq) return false;
  return true;
}

export function sameVector(a: Vector, b: Vector): boolean {
  return a.size === b.size && dominates(a, b) && dominates(b, a);
}

/** Entry-wise maximum. */
export function joinVectors(a: Vector, b: Vector): Vector {
  if (dominates(a, b)) return a;
  const joined = new Map(a);
  for (const [actor, seq] of b) if ((joined.get(actor) ?? 0) < seq) joined.set(actor, seq);
  return joined;
}

/** How many actors a join of the two names. */
export function actorsIn(a: Vector, b: Vector): number {
  let count = a.size;
  for (const actor of b.keys()) if (!a.has(actor)) count++;
  return count;
}

/** How many writes `have` names that `lack` does not cover; an upper bound, since `seq` may have gaps. */
export function countMissing(have: Vector, lack: Vector): number {
  let missing = 0;
  for (const [actor, seq] of have) missing += Math.max(0, seq - (lack.get(actor) ?? 0));
  return missing;
}

export function sortedEntries(vector: Vector): [Actor, number][] {
  return [...vector].sort(([a], [b]) => compareStrings(a, b));
}

/** First 16 bytes of SHA-256 over the sorted entries. Equal vectors have equal hashes. */
export function hashVector(vector: Vector): Uint8Array {
  const text = sortedEntries(vector)
    .map(([actor, seq]) => `${actor}${seq}\n`)
    .join('');
  return sha256(new TextEncoder().encode(text)).slice(0, 16);
}

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
