/** What a repair needs to know of the documents: digests of ranges of ids, and what differs from those of another replica. */
import { MAX_COMPARED_RANGES, MAX_DIGESTS } from '../limits.ts';
import { digestOf, Fingerprint } from '../version/fingerprint.ts';
import type { Head } from '../version/head.ts';
import { bytesEqual } from '../version/vector.ts';
import type { DigestItem, DigestRange } from './frames.ts';

/** The documents of one replica. */
export interface Holdings {
  /** ids in order of their UTF-16 code units */
  ids(): readonly string[];
  /** Undefined: it has never heard of the document. */
  headsOf(id: string): Iterable<{ readonly head: Head }> | undefined;
}

export interface Differences {
  /** the id up to which these are all; null: up to the end of the last range */
  readonly upTo: string | null;
  readonly items: readonly DigestItem[];
}

/** Documents in a range: a difference costs their digests, and no difference one for all of them. */
const RANGE_DOCUMENTS = 64;

/** [REPAIR-2] Digests of the next ranges of ids after one; the last is open where there are no more. */
export function sumRanges(holdings: Holdings, after: string | null): readonly DigestRange[] {
  const all = holdings.ids();
  const ranges: DigestRange[] = [];
  let from = positionAfter(all, after);
  do {
    const part = all.slice(from, from + RANGE_DOCUMENTS);
    from += RANGE_DOCUMENTS;
    const last = from >= all.length ? null : (part[part.length - 1] ?? null);
    ranges.push({ last, digest: digestOfAll(holdings, part) });
  } while (from < all.length && ranges.length < MAX_COMPARED_RANGES);
  return ranges;
}

/** [REPAIR-3] Digests of all documents in those of the ranges that are not the same here. */
export function compareRanges(holdings: Holdings, after: string | null, ranges: readonly DigestRange[]): Differences {
  const all = holdings.ids();
  const items: DigestItem[] = [];
  let from = positionAfter(all, after);
  for (const { last, digest } of ranges) {
    const to = last === null ? all.length : positionAfter(all, last);
    const part = all.slice(from, to);
    from = to;
    if (bytesEqual(digestOfAll(holdings, part), digest)) continue;
    for (const id of part) {
      if (items.length === MAX_DIGESTS) return { upTo: items[items.length - 1]?.id ?? null, items };
      items.push({ id, digest: digestOf(id, holdings.headsOf(id) ?? []) });
    }
  }
  return { upTo: null, items };
}

/** [REPAIR-4] Which of another replica's documents are not the same here, in order. */
export function idsThatDiffer(holdings: Holdings, items: readonly DigestItem[]): readonly string[] {
  return items
    .filter(({ id, digest }) => {
      const heads = holdings.headsOf(id);
      return heads === undefined || !bytesEqual(digestOf(id, heads), digest);
    })
    .map(({ id }) => id);
}

function digestOfAll(holdings: Holdings, ids: readonly string[]): Uint8Array {
  const fingerprint = new Fingerprint();
  for (const id of ids) fingerprint.add(id, holdings.headsOf(id) ?? []);
  return fingerprint.digest();
}

/** Position of the first id after this one. */
function positionAfter(all: readonly string[], id: string | null): number {
  if (id === null) return 0;
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((all[middle] ?? '') <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
