/** Stored heads: their union, and what of them can be shown. */
import type { Base, Body, FieldHasher, FieldHashes, Shown } from '@rxdb-p2p/protocol';
import { isFork, reduceHeads, sameHead, samePast } from '@rxdb-p2p/protocol';
import type { StoredHead } from '../journal/record.ts';

/**
 * The heads of a document when some more versions of it are known. The same array as `known` when nothing changed,
 * which is how the journal tells that a record has not moved.
 */
export function uniteHeads(known: readonly StoredHead[], more: readonly StoredHead[]): readonly StoredHead[] {
  if (more.length === 0) return known;
  if (known.length === 0 && more.length === 1) return more;
  const united = reduceHeads([...known, ...more]);
  const same = united.length === known.length && united.every((a) => known.some((b) => sameVersion(a, b)));
  if (same && !more.some((found) => reveals(found, known))) return known;
  return united.map((kept) => {
    if (kept.body !== undefined && kept.hidden !== true) return kept;
    const found = more.find((b) => sameHead(b.head, kept.head));
    return found === undefined || found === kept ? kept : { ...found, head: kept.head };
  });
}

/** One that was found again after a disk had lost it may supersede less: it is the same, and yet its record moves. */
function sameVersion({ head: a }: StoredHead, { head: b }: StoredHead): boolean {
  return a === b || (sameHead(a, b) && samePast(a, b));
}

/** What was kept aside can be shown now: the schema is another one, or the storage takes it. */
function reveals({ head, hidden }: StoredHead, known: readonly StoredHead[]): boolean {
  return hidden !== true && known.some((stored) => stored.hidden === true && sameHead(stored.head, head));
}

/** Whether two of the heads have one dot and two contents. */
export function hasFork(heads: readonly StoredHead[]): boolean {
  return heads.some(({ head: a }, i) => heads.some(({ head: b }, j) => j < i && isFork(a, b)));
}

export function showable(heads: readonly StoredHead[]): StoredHead[] {
  return heads.filter(({ hidden }) => hidden !== true);
}

/** The heads with their contents. One head alone has its content in the document, and so has no `body`. */
export function toShown(heads: readonly StoredHead[]): Shown[] {
  return heads.map(({ head, body }) => ({ head, body: parseBody(body) }));
}

export function parseBody(body: string | undefined): Body {
  return body === undefined ? {} : (JSON.parse(body) as Body);
}

/**
 * What a local write was made on, for its envelope.
 *
 * @param shownFields hashes of the document that the writer saw; those of the head itself when there is only one
 */
export function toBases(heads: readonly StoredHead[], shownFields: FieldHashes, hasher: FieldHasher): Base[] {
  const [only] = heads;
  if (heads.length === 1 && only !== undefined) return [{ head: only.head, fields: shownFields }];
  return heads.map(({ head, body }) => ({ head, fields: hasher.hash(parseBody(body)) }));
}
