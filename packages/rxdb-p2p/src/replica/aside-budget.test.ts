import { headOf, NO_FIELD_CLOCKS, NO_PAST } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import type { DocRecord, StoredHead } from '../journal/record.ts';
import { createAsideBudget } from './aside-budget.ts';
import type { Commit } from './replica-context.ts';

const LIMIT = 100;

function hiddenOf(seq: number, body: string): StoredHead {
  const envelope = { actor: 'a'.repeat(16), seq, time: seq, past: NO_PAST, deleted: false, clocks: NO_FIELD_CLOCKS };
  return { head: headOf(envelope, 'AAAAAAAAAAA'), body, hidden: true };
}

function createWorld() {
  const records = new Map<string, DocRecord>();
  let commit = (_: Commit): void => undefined;
  const budget = createAsideBudget(
    {
      journal: { records } as never,
      onCommit(listener) {
        commit = listener;
        return () => undefined;
      },
    },
    LIMIT,
  );
  const store = (id: string, ...heads: StoredHead[]): void => {
    records.set(id, { id, heads } as unknown as DocRecord);
    commit({ changed: [id] } as unknown as Commit);
  };
  const drop = (id: string): void => {
    records.delete(id);
    commit({ changed: [id] } as unknown as Commit);
  };
  return { budget, store, drop };
}

describe('contents that cannot be shown', () => {
  it('[REP-22] are kept as far as there is room, and then named with their size only', () => {
    const { budget, store, drop } = createWorld();
    const first = { stored: hiddenOf(1, 'x'.repeat(60)) };
    expect(budget.keep(first)).toBe(first);
    // In the same batch, before anything is stored.
    const second = { stored: hiddenOf(2, 'ü'.repeat(60)) };
    expect(budget.keep(second)).toEqual({ stored: { head: second.stored.head, hidden: true, bytes: 120 } });
    store('d1', first.stored);
    expect(budget.keep(second).stored.body).toBeUndefined();
    const small = { stored: hiddenOf(3, 'x'.repeat(40)) };
    expect(budget.keep(small)).toBe(small);
    store('d1');
    drop('d1');
    expect(budget.keep(second)).toBe(second);
  });

  it('[REP-22] do not count where they are shown', () => {
    const { budget } = createWorld();
    const { hidden: _, ...shown } = hiddenOf(1, 'x'.repeat(1_000));
    expect(budget.keep({ stored: shown }).stored.body).toHaveLength(1_000);
  });
});
