/**
 * Random histories of one document: replicas that edit it, delete it and hear of each other's versions in any order,
 * with the real envelopes, heads and merge. Every write is remembered, to compare with what is shown.
 */
import type { Body } from '../merge/field-hashes.ts';
import { createFieldHasher } from '../merge/field-hashes.ts';
import type { Fold, Shown } from '../merge/fields-merge.ts';
import { mergeFields } from '../merge/fields-merge.ts';
import { localHead } from '../merge/local-head.ts';
import type { Clock } from '../version/clock.ts';
import type { Head } from '../version/head.ts';
import { reduceHeads } from '../version/head.ts';
import type { Random } from './random.ts';

/** What somebody wrote, and what he saw when he did. */
export interface HistoricWrite extends Shown {
  readonly bases: readonly Shown[];
}

export interface HistoricReplica {
  readonly name: string;
  heads: readonly Shown[];
  seq: number;
  /** how far its clock stands from the true time, milliseconds */
  readonly skewMs: number;
}

export interface History {
  readonly writes: readonly HistoricWrite[];
  readonly replicas: readonly HistoricReplica[];
}

export interface HistoryOptions {
  readonly replicas: number;
  readonly steps: number;
  readonly deletes: boolean;
  /** whether every second replica is a copy of the one before, with its name and numbers; default false */
  readonly copies?: boolean;
}

const FIELDS = ['a', 'b', 'c', '__proto__'];
const hasher = createFieldHasher();

export function actorName(i: number): string {
  return `actor-----------${i}`.slice(-16);
}

export function shownBy({ heads }: Pick<HistoricReplica, 'heads'>): Fold | undefined {
  return heads.length === 0 ? undefined : mergeFields(heads);
}

export function writeOn(replica: HistoricReplica, body: Body, deleted: boolean, nowMs: number): HistoricWrite {
  const bases = replica.heads;
  replica.seq++;
  const write = { actor: replica.name, seq: replica.seq, wallMs: nowMs + replica.skewMs, deleted };
  const head = localHead(
    { ...write, fields: hasher.hash(body) },
    bases.map((base) => ({ head: base.head, fields: hasher.hash(base.body) })),
  );
  replica.heads = reduceHeads([...bases, { head, body }]);
  return { head, body, bases };
}

export function randomHistory(random: Random, options: HistoryOptions): History {
  const { replicas: count, steps, deletes, copies = false } = options;
  const replicas = Array.from({ length: count }, (_, i): HistoricReplica => {
    const name = actorName(copies ? i - (i % 2) : i);
    return { name, heads: [], seq: 0, skewMs: random.chance(0.5) ? 0 : random.int(2_000) - 1_000 };
  });
  const writes: HistoricWrite[] = [];
  for (let step = 0; step < steps; step++) {
    const replica = random.pick(replicas);
    if (writes.length > 0 && random.chance(0.45)) {
      replica.heads = reduceHeads([...replica.heads, random.pick(writes)]);
      continue;
    }
    const before = shownBy(replica);
    const deleted = deletes && before?.deleted === false && random.chance(0.25);
    const body = deleted ? {} : edited(before, random, step);
    writes.push(writeOn(replica, body, deleted, 1_000 + step));
  }
  return { writes, replicas };
}

/** One or two fields changed or removed; values name the step that wrote them. */
function edited(before: Fold | undefined, random: Random, step: number): Body {
  const values = new Map(before === undefined || before.deleted ? [] : Object.entries(before.body));
  for (let i = random.int(3); i >= 0; i--) {
    const field = random.pick(FIELDS);
    if (random.chance(0.2)) values.delete(field);
    else values.set(field, step);
  }
  // `fromEntries` defines properties, also one that is called `__proto__`.
  return Object.fromEntries(values);
}

/** All that a version was made on, directly or not. */
export function ancestorsOf(write: Shown, writes: readonly HistoricWrite[]): HistoricWrite[] {
  const byHead = new Map<Head, HistoricWrite>(writes.map((known) => [known.head, known]));
  const found = new Set<HistoricWrite>();
  const open: Shown[] = [write];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const base of byHead.get(next.head)?.bases ?? []) {
      const known = byHead.get(base.head);
      if (known === undefined || found.has(known)) continue;
      found.add(known);
      open.push(known);
    }
  }
  return [...found];
}

export function clocksOf({ head }: Shown): readonly Clock[] {
  return [head, ...head.clocks, ...(head.floor === undefined ? [] : [head.floor])];
}
