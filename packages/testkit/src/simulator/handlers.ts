/** How simulated applications merge. */
import { canonicalJson } from '@rxdb-p2p/protocol';
import type { RxConflictHandler } from 'rxdb';
import { createFieldsPolicy, createHandlerPolicy, type MergePolicy, type Timers } from 'rxdb-p2p/testing';

export type HandlerName = 'fields' | 'last-write' | 'non-associative' | 'fails-often';

export function policyOf(
  name: HandlerName,
  onProblem: Parameters<typeof createHandlerPolicy>[1]['onProblem'],
  timers: Timers,
): MergePolicy {
  if (name === 'fields') return createFieldsPolicy();
  const handler = { 'last-write': lastWrite, 'non-associative': nonAssociative, 'fails-often': failsOften }[name];
  return createHandlerPolicy(handler, { version: name, checkDeterminism: true, onProblem, timers });
}

/** The later of the two, whole: what many applications write. */
const lastWrite: RxConflictHandler<Record<string, unknown>> = {
  isEqual: (a, b) => canonicalJson(a) === canonicalJson(b),
  resolve: async ({ realMasterState }) => realMasterState,
};

/** (a ∘ b) ∘ c differs from a ∘ (b ∘ c): what depends on the order of pairs would diverge. */
const nonAssociative: RxConflictHandler<Record<string, unknown>> = {
  isEqual: (a, b) => canonicalJson(a) === canonicalJson(b),
  async resolve({ newDocumentState: earlier, realMasterState: later }) {
    const count = (Number(earlier['count'] ?? 0) - Number(later['count'] ?? 0)) % 997;
    return { ...later, text: `${String(earlier['text'] ?? '')}|${String(later['text'] ?? '')}`.slice(-60), count };
  },
};

/** It throws, breaks the schema or never answers, as the versions say: everywhere the same. */
const failsOften: RxConflictHandler<Record<string, unknown>> = {
  isEqual: (a, b) => canonicalJson(a) === canonicalJson(b),
  async resolve({ newDocumentState: earlier, realMasterState: later }) {
    const kind = canonicalJson([earlier, later]).length % 5;
    if (kind === 0) throw new Error('simulated: the handler fails');
    if (kind === 1) return { ...later, count: 'no number' };
    if (kind === 2) return new Promise(() => undefined);
    return later;
  },
};
