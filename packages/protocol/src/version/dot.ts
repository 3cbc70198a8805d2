/** Dots: the names of writes (ARCHITECTURE §3; Almeida et al., "Scalable and Accurate Causality Tracking", 2014). */

/** First 16 characters of base64url(SHA-256(publicKey ‖ incarnation)): who writes, as long as its storage is not lost. */
export type Actor = string;

/** Names one write: the `seq`-th of `actor` in a collection. `seq` is an integer from 1 to 2^53 − 1; gaps are allowed. */
export interface Dot {
  readonly actor: Actor;
  readonly seq: number;
}

const ACTOR_PATTERN = /^[A-Za-z0-9_-]{16}$/;

export function isActor(value: unknown): value is Actor {
  return typeof value === 'string' && ACTOR_PATTERN.test(value);
}

export function isSeq(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** Orders strings by UTF-16 code units: the same on every machine, unlike `localeCompare`. */
export function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
