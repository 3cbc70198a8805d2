/** Keys that keep notes in an order which people make, with one write for each note that is moved. */
import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing';
import type { Note } from '../schemas.ts';

export interface NewKey {
  readonly id: string;
  readonly order: string;
}

/** A key before all others. */
export function keyBefore(first: Note | undefined): string {
  return generateKeyBetween(null, first?.order ?? null);
}

/** `count` keys after all others. */
export function keysAfter(last: Note | undefined, count: number): readonly string[] {
  return generateNKeysBetween(last?.order ?? null, null, count);
}

/**
 * The keys that put `note` at `place` among the others of its list. Two devices can have given one key to two notes; then those
 * behind the place get new ones too, as far as the same key goes.
 */
export function keysToPlace(others: readonly Note[], note: Note, place: number): readonly NewKey[] {
  const before = others[place - 1];
  let end = place;
  while (before !== undefined && others[end]?.order === before.order) end++;
  const moved = [note, ...others.slice(place, end)];
  const keys = generateNKeysBetween(before?.order ?? null, others[end]?.order ?? null, moved.length);
  return moved.map(({ id }, index) => ({ id, order: keys[index] ?? '' }));
}
