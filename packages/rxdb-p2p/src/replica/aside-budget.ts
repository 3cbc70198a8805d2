/**
 * [REP-22] Bounds the contents that are kept though they cannot be shown: they stay in memory, in the records of their documents.
 * Beyond it a version is kept as one whose content was too large to travel: it counts, and is passed on, without content.
 */
import { utf8Length } from '@rxdb-p2p/protocol';
import type { DocRecord, StoredHead } from '../journal/record.ts';
import type { Checked } from './content.ts';
import type { ReplicaContext } from './replica-context.ts';

/** Contents kept aside in one collection, UTF-16 units: 64 MiB at most. One of the largest is 8 Mi. */
export const MAX_ASIDE_UNITS: number = 32 * 1024 * 1024;

export interface AsideBudget {
  /** The same version, without its content where there is no room for it. */
  keep(checked: Checked): Checked;
}

export function createAsideBudget(
  { journal, onCommit }: Pick<ReplicaContext, 'journal' | 'onCommit'>,
  limit: number = MAX_ASIDE_UNITS,
): AsideBudget {
  const stored = new Map<string, number>();
  let total = 0;
  /** taken since the last commit */
  let coming = 0;

  const note = (id: string): void => {
    const units = unitsOf(journal.records.get(id));
    total += units - (stored.get(id) ?? 0);
    if (units > 0) stored.set(id, units);
    else stored.delete(id);
  };
  for (const record of journal.records.values()) if (record.heads.some(isHidden)) note(record.id);
  onCommit(({ changed }) => {
    coming = 0;
    changed.forEach(note);
  });

  return {
    keep(checked) {
      const { body, head, hidden } = checked.stored;
      if (hidden !== true || body === undefined) return checked;
      if (total + coming + body.length > limit)
        return { ...checked, stored: { head, hidden: true, bytes: utf8Length(body) } };
      coming += body.length;
      return checked;
    },
  };
}

function unitsOf(record: DocRecord | undefined): number {
  let units = 0;
  for (const { hidden, body } of record?.heads ?? []) if (hidden === true) units += body?.length ?? 0;
  return units;
}

function isHidden({ hidden }: StoredHead): boolean {
  return hidden === true;
}
