/**
 * Who is linked with whom, when not everybody can be. Everybody looks for fewer links than it may have, so that most
 * have a place left; what is random stays connected. Who has next to none may insist, and then somebody who has all
 * that it may have gives up one of its own, as does everybody now and then for another one (`renewal.ts`), so that
 * groups which have nothing to do with each other find together. After HyParView (Leitão 2007).
 */
import type { Timers } from '../../pool/timers.ts';
import type { LinkEntry, LinkTable } from './link-table.ts';

/** How many links one looks for, of those that it may have: the others are for those who come. */
export function soughtLinks(most: number): number {
  return most - Math.floor(most / 4);
}

/** With fewer links than this one insists: one of four, two of eight. */
export function insistentBelow(most: number): number {
  return Math.ceil(most / 4);
}

/** Whether a room wants more links, when it has `linked` of them and `members`, this one included, at the last count. */
export function wantsMore(linked: number, members: number, most: number): boolean {
  return linked === 0 || linked < Math.min(soughtLinks(most), members - 1);
}

/**
 * The link that makes room for another one: any that is not the last one of a room; rather one that has been there for
 * a while, so that a change takes effect before the next, and over which nothing is being sent.
 */
export function chooseDispensable(
  links: LinkTable,
  stableMs: number,
  { now, random }: Pick<Timers, 'now' | 'random'>,
): LinkEntry | undefined {
  const candidates = [...links].filter(({ rooms }) => [...rooms].every((room) => links.count(room) > 1));
  const idle = candidates.filter(({ link, since }) => link.bufferedBytes === 0 && now() - since >= stableMs);
  return pick(idle, random) ?? pick(candidates, random);
}

export function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

export function shuffled<T>(list: Iterable<T>, random: () => number): T[] {
  return [...list]
    .map((value) => ({ value, order: random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ value }) => value);
}
