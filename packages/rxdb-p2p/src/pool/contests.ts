/** Contested documents of a collection, kept up to date from its journal. */
import { compareStrings, contestOf } from '@rxdb-p2p/protocol';
import type { Journal } from '../journal/journal.ts';
import { showable, toShown } from '../replica/heads.ts';
import type { ContestedDocument } from './types.ts';

export interface Contests {
  /** @returns whether anything changed */
  update(ids: Iterable<string>): boolean;
  /** The same array until something changes. */
  list(): readonly ContestedDocument[];
}

export function createContests(journal: Journal): Contests {
  const contested = new Map<string, ContestedDocument>();
  let listed: readonly ContestedDocument[] | undefined;

  function check(id: string): boolean {
    const heads = journal.records.get(id)?.heads ?? [];
    // Nearly all documents have one.
    const shown = heads.length > 1 ? showable(heads) : [];
    const contest = shown.length > 1 ? contestOf(toShown(shown)) : undefined;
    if (contest === undefined) return contested.delete(id);
    contested.set(id, { id, fields: contest.fields, editAgainstDelete: contest.editAgainstDelete });
    return true;
  }

  const update = (ids: Iterable<string>): boolean => {
    let changed = false;
    for (const id of ids) changed = check(id) || changed;
    if (changed) listed = undefined;
    return changed;
  };

  for (const { id, heads } of journal.records.values()) if (heads.length > 1) check(id);
  return {
    update,
    list() {
      listed ??= [...contested.values()].sort((a, b) => compareStrings(a.id, b.id));
      return listed;
    },
  };
}
