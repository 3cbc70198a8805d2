import { type Body, type Head, NO_FIELD_CLOCKS, NO_PAST, type P2PError, type Shown } from '@rxdb-p2p/protocol';
import type { RxConflictHandler } from 'rxdb';
import { describe, expect, it } from 'vitest';
import { createFieldsPolicy, createHandlerPolicy } from './merge-policy.ts';

type Handler = RxConflictHandler<Record<string, unknown>>;
type Resolve = Handler['resolve'];

function shownOf(seq: number, body: Body, deleted = false): Shown {
  const head: Head = {
    ...{ actor: `actor-${seq}`.padEnd(16, '-'), seq, time: seq, deleted, past: NO_PAST, clocks: NO_FIELD_CLOCKS },
    hash: '',
  };
  return { head, body: { id: 'a', ...body } };
}

function policyWith(resolve: Resolve, checkDeterminism = true) {
  const problems: P2PError[] = [];
  const waiting = new Set<() => void>();
  const handler: Handler = { isEqual: () => false, resolve };
  const policy = createHandlerPolicy(handler, {
    ...{ version: '3', checkDeterminism },
    onProblem: (problem) => problems.push(problem),
    timers: {
      after(_, run) {
        waiting.add(run);
        return () => waiting.delete(run);
      },
    },
  });
  return { policy, problems, waiting };
}

const [first, second, third] = [shownOf(1, { n: 1 }), shownOf(2, { n: 2 }), shownOf(3, { n: 3 })];

describe('the default', () => {
  it('merges fields, at once, and needs no content of tombstones', () => {
    const policy = createFieldsPolicy();
    expect(policy).toMatchObject({ mode: 'fields', keepsTombstones: false });
    expect(policy.fold('a', [shownOf(1, { x: 1 }), shownOf(2, { y: 2 })])).toEqual({
      deleted: false,
      body: { id: 'a', x: 1, y: 2 },
    });
  });
});

describe('a conflict handler of the application', () => {
  it('gives its version to the mode, and gets whole tombstones', () => {
    expect(policyWith(async ({ realMasterState }) => realMasterState).policy).toMatchObject({
      mode: 'handler:3',
      keepsTombstones: true,
    });
  });

  it('is called with the earlier and the later of two, from the earliest on', async () => {
    const calls: unknown[] = [];
    const { policy, problems } = policyWith(async ({ newDocumentState, realMasterState }) => {
      calls.push([newDocumentState, realMasterState]);
      return { ...realMasterState, n: `${String(newDocumentState['n'])}${String(realMasterState['n'])}` };
    }, false);
    const fold = await policy.fold('a', [first, second, shownOf(3, { n: 3 }, true)]);
    expect(fold).toEqual({ deleted: true, body: { id: 'a', n: '123' } });
    expect(calls).toEqual([
      [
        { id: 'a', n: 1, _deleted: false },
        { id: 'a', n: 2, _deleted: false },
      ],
      [
        { id: 'a', n: '12', _deleted: false },
        { id: 'a', n: 3, _deleted: true },
      ],
    ]);
    expect(problems).toEqual([]);
  });

  it('is not asked about one version', async () => {
    const { policy } = policyWith(() => Promise.reject(new Error('called')));
    expect(await policy.fold('a', [first])).toEqual({ deleted: false, body: first.body });
  });

  it('may change what it is given: the heads stay as they are', async () => {
    const frozen = shownOf(1, { list: Object.freeze([1]) });
    const { policy, problems } = policyWith(async ({ newDocumentState, realMasterState }) => {
      (newDocumentState['list'] as number[]).push(9);
      delete (realMasterState as Record<string, unknown>)['n'];
      return newDocumentState;
    });
    expect(await policy.fold('a', [frozen, second])).toEqual({ deleted: false, body: { id: 'a', list: [1, 9] } });
    expect(second.body).toEqual({ id: 'a', n: 2 });
    expect(problems).toEqual([]);
  });

  it('that is not deterministic is reported, once for each fold, and only where that is asked for', async () => {
    let count = 0;
    const counting: Resolve = async ({ realMasterState }) => ({ ...realMasterState, n: count++ });
    const checked = policyWith(counting);
    expect(await checked.policy.fold('a', [first, second])).toEqual({ deleted: false, body: { id: 'a', n: 0 } });
    expect(checked.problems.map(({ code }) => code)).toEqual(['HANDLER_NOT_DETERMINISTIC']);
    const trusted = policyWith(counting, false);
    await trusted.policy.fold('a', [first, second, third]);
    expect(trusted.problems).toEqual([]);
  });

  it('that throws, rejects or gives no document is reported, and the latest version is shown', async () => {
    const failing: Resolve[] = [
      () => {
        throw new Error('thrown');
      },
      () => Promise.reject(new Error('rejected')),
      async () => undefined as never,
      async () => 'text' as never,
      async () => ['list'] as never,
      async ({ realMasterState }) => ({ ...realMasterState, n: 1n }),
    ];
    for (const resolve of failing) {
      const { policy, problems } = policyWith(resolve);
      expect(await policy.fold('a', [first, second, shownOf(3, { n: 3 }, true)])).toEqual({
        deleted: true,
        body: { id: 'a', n: 3 },
      });
      expect(problems.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
      expect(problems[0]?.cause).toBeInstanceOf(Error);
    }
  });

  it('that never answers is given up after its time, and what it answers later is dropped', async () => {
    let answer: (state: never) => void = () => undefined;
    const { policy, problems, waiting } = policyWith(() => new Promise((resolve) => (answer = resolve)));
    const fold = policy.fold('a', [first, second]);
    for (const run of waiting) run();
    expect(await fold).toEqual({ deleted: false, body: second.body });
    expect(problems.map(({ code }) => code)).toEqual(['HANDLER_TIMED_OUT']);
    answer({ id: 'a', n: 9 } as never);
    const answered = policyWith(async ({ realMasterState }) => realMasterState);
    await answered.policy.fold('a', [first, second]);
    expect(answered.waiting.size).toBe(0);
  });

  it('gives JSON, whatever it makes of a document', async () => {
    const { policy } = policyWith(async ({ realMasterState }) => {
      return { ...realMasterState, n: new Date(0), nothing: undefined, list: [Number.NaN], run: () => 1 };
    });
    expect(await policy.fold('a', [first, second])).toEqual({
      deleted: false,
      body: { id: 'a', n: '1970-01-01T00:00:00.000Z', list: [null] },
    });
  });

  it('cannot bring in fields of RxDB', async () => {
    const { policy } = policyWith(async ({ realMasterState }) => ({ ...realMasterState, _rev: '9-x', _meta: {} }));
    expect(await policy.fold('a', [first, second])).toEqual({ deleted: false, body: { id: 'a', n: 2 } });
  });
});
