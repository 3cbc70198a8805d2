/**
 * Own writes under a name that is given up. Those that nobody else is known to hold go on under the new name: the vector
 * does not cover the old one any more, so nobody would ever learn that they are there to be asked for.
 */
import { type Actor, joinPasts, reduceHeads } from '@rxdb-p2p/protocol';
import { type DocRecord, type NewRecord, type StoredHead, UNNUMBERED } from '../journal/record.ts';

export interface Reissued {
  readonly records: readonly NewRecord[];
  /** the highest `seq` under the new name */
  readonly seq: number;
}

/**
 * A version keeps its timestamp and its clocks, and supersedes itself under the old name, which some may have got.
 *
 * @param floor the highest `seq` under the old name that others are known to hold
 */
export function reissue(records: Iterable<DocRecord>, old: Actor, floor: number, name: Actor): Reissued {
  const again: NewRecord[] = [];
  let seq = 0;
  for (const record of records) {
    const { heads, pending } = record;
    const isMine = ({ head }: StoredHead): boolean => head.actor === old && head.seq > floor;
    if (!heads.some(isMine) && pending?.heads.some(isMine) !== true) continue;
    /** new numbers by old ones: a head may stand among the heads and among the pending ones */
    const numbers = new Map<string, number>();
    const rename = (stored: StoredHead): StoredHead => {
      if (!isMine(stored)) return stored;
      const { head } = stored;
      const key = `${head.seq} ${head.hash}`;
      const number = numbers.get(key) ?? ++seq;
      numbers.set(key, number);
      return { ...stored, head: { ...head, actor: name, seq: number, past: joinPasts([head], name) } };
    };
    const renamed = { ...record, lsn: UNNUMBERED, heads: reduceHeads(heads.map(rename)) };
    again.push(
      pending === undefined
        ? renamed
        : { ...renamed, pending: { ...pending, heads: reduceHeads(pending.heads.map(rename)) } },
    );
  }
  return { records: again, seq };
}
