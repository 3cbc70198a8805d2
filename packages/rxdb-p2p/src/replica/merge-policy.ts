/** How concurrent heads become one visible document: a pure function of the set of heads (ARCHITECTURE §3). */
import type { Body, Fold, Shown } from '@rxdb-p2p/protocol';
import { canonicalJson, isJsonObject, mergeFields, P2PError } from '@rxdb-p2p/protocol';
import type { RxConflictHandler, WithDeleted } from 'rxdb';
import type { Timers } from '../pool/timers.ts';
import { bodyOf } from './document.ts';
import { NoAnswerError, withinTime } from './within-time.ts';

export interface MergePolicy {
  /** `fields`, or `handler:<version>`: peers with another one fold differently, and are refused */
  readonly mode: string;
  /** whether the contents of tombstones matter to the fold */
  readonly keepsTombstones: boolean;
  /** @param shown at least one, in fold order */
  fold(id: string, shown: readonly Shown[]): Fold | Promise<Fold>;
}

/** The default: per field, the last writer wins. */
export function createFieldsPolicy(): MergePolicy {
  return { mode: 'fields', keepsTombstones: false, fold: (_, shown) => mergeFields(shown) };
}

type State = WithDeleted<Record<string, unknown>>;

export interface HandlerPolicyOptions {
  /** the application's version of its handler */
  readonly version: string;
  /** calls the handler twice and reports a difference */
  readonly checkDeterminism: boolean;
  readonly onProblem: (problem: P2PError) => void;
  readonly timers: Pick<Timers, 'after'>;
}

/**
 * How long a handler may take for the versions of one document, milliseconds: nothing else of the collection goes on
 * meanwhile. Handlers decide by what they are given, so they need far less.
 */
const HANDLER_WITHIN_MS = 5_000;

/**
 * A `conflictHandler` of the application, called with whole documents: `newDocumentState` the earlier and
 * `realMasterState` the later of the two.
 */
export function createHandlerPolicy(
  handler: RxConflictHandler<Record<string, unknown>>,
  { version, checkDeterminism, onProblem, timers }: HandlerPolicyOptions,
): MergePolicy {
  const resolve = async (earlier: State, later: State): Promise<State> => {
    const states = { newDocumentState: structuredClone(earlier), realMasterState: structuredClone(later) };
    const resolved: unknown = await handler.resolve(states, 'rxdb-p2p');
    if (isJsonObject(resolved)) return resolved as State;
    throw new TypeError('resolve: expected a document');
  };
  const foldOnce = async (shown: readonly Shown[]): Promise<Fold> => {
    let state: State | undefined;
    for (const { head, body } of shown) {
      const next: State = { ...body, _deleted: head.deleted };
      state = state === undefined ? next : await resolve(state, next);
    }
    if (state === undefined) throw new TypeError('fold: expected at least one head, got none');
    // As it would travel: a `Date`, say, is one value in memory, and another one on disk.
    const body = JSON.parse(JSON.stringify(bodyOf(state))) as Body;
    return { deleted: state._deleted === true, body };
  };
  const answerOf = (shown: readonly Shown[]): Promise<Fold> =>
    shown.length > 1 ? withinTime(foldOnce(shown), HANDLER_WITHIN_MS, timers) : foldOnce(shown);
  return {
    mode: `handler:${version}`,
    keepsTombstones: true,
    async fold(id, shown) {
      try {
        const fold = await answerOf(shown);
        if (checkDeterminism && shown.length > 1 && canonicalJson(fold) !== canonicalJson(await answerOf(shown))) {
          onProblem(
            new P2PError('HANDLER_NOT_DETERMINISTIC', `the conflictHandler gave two answers for document ${id}`, {
              hint: 'resolve() must depend on its two documents alone: no clock, no random number, no counter',
            }),
          );
        }
        return fold;
      } catch (cause) {
        const late = cause instanceof NoAnswerError;
        const message = `the conflictHandler ${late ? 'gave no answer' : 'failed'} for document ${id}; its latest version is shown`;
        onProblem(
          late
            ? new P2PError('HANDLER_TIMED_OUT', message, { cause })
            : new P2PError('HANDLER_FAILED', message, { cause }),
        );
        const last = shown[shown.length - 1];
        if (last === undefined) throw cause;
        return { deleted: last.head.deleted, body: last.body };
      }
    },
  };
}
