/**
 * Own writes under a name that is given up. Those that nobody else is known to hold go on under the new name: the vector
 * does not cover the old one any more, so nobody would ever learn that they are there to be asked for.
 */
import { type Actor, type Dot, isFork, joinPasts, reduceHeads, sameHead } from '@rxdb-p2p/protocol';
import { type DocRecord, type NewRecord, type StoredHead, UNNUMBERED } from '../journal/record.ts';

export interface Reissue {
  /** Which heads go on. */
  readonly choose: (id: string, stored: StoredHead) => boolean;
  readonly name: Actor;
  /** the highest `seq` under the new name so far; default 0 */
  readonly from?: number;
  /** What it supersedes. Default: what it did, and itself under the old name, which some may have got. */
  readonly pastOf?: (id: string, stored: StoredHead) => readonly Dot[];
}

export interface Reissued {
  readonly records: readonly NewRecord[];
  /** the highest `seq` under the new name */
  readonly seq: number;
}

/** Whether the name cannot be used: a document has a head of it already, which one with a higher number would supersede. */
export function isTaken(records: Iterable<DocRecord>, { choose, name }: Reissue): boolean {
  for (const record of records) {
    const { heads, pending } = record;
    const all = pending === undefined ? heads : [...heads, ...pending.heads];
    const goesOn = all.filter(chosenOf(record, choose));
    if (goesOn.length > 0 && all.some((stored) => stored.head.actor === name && !goesOn.includes(stored))) return true;
  }
  return false;
}

/** Neither one that what is to be shown has superseded, nor one side of a fork: a new name would supersede the other side. */
function chosenOf({ id, heads, pending }: DocRecord, choose: Reissue['choose']): (stored: StoredHead) => boolean {
  const present = pending?.heads ?? heads;
  const stands = ({ head }: StoredHead): boolean =>
    present.some((other) => sameHead(other.head, head)) && !present.some((other) => isFork(other.head, head));
  return (stored) => stands(stored) && choose(id, stored);
}

/** A version keeps its timestamp, its clocks and its content hash. */
export function reissue(records: Iterable<DocRecord>, { choose, name, from = 0, pastOf }: Reissue): Reissued {
  const again: NewRecord[] = [];
  let seq = from;
  for (const record of records) {
    const { id, heads, pending } = record;
    const goesOn = chosenOf(record, choose);
    if (!heads.some(goesOn) && pending?.heads.some(goesOn) !== true) continue;
    /** the new number by the old one: a head may stand among the heads and among the pending ones */
    const numbers = new Map<string, number>();
    const rename = (stored: StoredHead): StoredHead => {
      if (!goesOn(stored)) return stored;
      const { head } = stored;
      const key = `${head.seq} ${head.hash}`;
      // Two under one new name would supersede each other: the other one stays what it is.
      if (numbers.size > 0 && !numbers.has(key)) return stored;
      const number = numbers.get(key) ?? ++seq;
      numbers.set(key, number);
      const past = pastOf?.(id, stored) ?? joinPasts([head], name);
      return { ...stored, head: { ...head, actor: name, seq: number, past } };
    };
    const renamed = { ...record, lsn: UNNUMBERED, heads: reduceHeads(heads.map(rename)) };
    if (pending !== undefined)
      again.push({ ...renamed, pending: { ...pending, heads: reduceHeads(pending.heads.map(rename)) } });
    // Of two that were made at the same time the names tell which is the later: another fold may be shown.
    else again.push(heads.length > 1 ? { ...renamed, pending: { rev: '', heads: renamed.heads } } : renamed);
  }
  return { records: again, seq };
}
