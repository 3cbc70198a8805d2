/** One collection in this tab: takes part in the tabs' choice of a leader, and replicates it for all its pools while it leads. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection } from 'rxdb';
import { defaultConflictHandler, overwritable } from 'rxdb';
import type { Identity } from '../identity/identity.ts';
import type { Sidecar } from '../journal/sidecar.ts';
import { createFieldsPolicy, createHandlerPolicy, type MergePolicy } from '../replica/merge-policy.ts';
import { hashSchema } from '../replica/schema.ts';
import type { TabLead } from '../tabs/election.ts';
import type { PoolListener, PoolShare, Tabs } from '../tabs/tabs.ts';
import { CLOSE_WITHIN_MS, type LedCollection, openLedCollection } from './led-collection.ts';
import type { Timers } from './timers.ts';

/** Begins what a pool does while this tab leads. @returns what ends it; when that resolves, nobody hears of it any more */
export type LeadListener = (led: LedCollection) => () => Promise<void>;

export interface CollectionNode {
  readonly collection: RxCollection;
  readonly schemaHash: string;
  readonly mergeMode: string;
  /** Called with every lead of this tab once its journal is read, the present one at once. @returns what ends all of it */
  onLead(listener: LeadListener): () => Promise<void>;
  /** Makes a pool known to the same one in other tabs. */
  share(room: string, listener: PoolListener): PoolShare;
  onProblem(listener: (problem: P2PError) => void): () => void;
  /** Storage failed for good. */
  onFailure(listener: (problem: P2PError) => void): () => void;
  /** Makes sure that every delete is in the journal. @returns false: this tab does not lead, so it cannot */
  journalDeletes(): Promise<boolean>;
  close(): Promise<void>;
}

export interface CollectionNodeDeps {
  readonly collection: RxCollection;
  readonly conflictHandlerVersion: string;
  readonly tabs: Tabs;
  readonly timers: Timers;
  readonly identity: () => Promise<Identity>;
  readonly openSidecar: () => Promise<Sidecar>;
}

/** Before the journal is read again after somebody else has appended to it, milliseconds: news of a lost lock come sooner. */
const AGAIN_AFTER_MS = 100;
/** How often one lead opens the journal: more losses, and processes that share no lock share this storage. */
const MAX_OPENED = 4;

export function createCollectionNode(deps: CollectionNodeDeps): CollectionNode {
  const { collection, tabs, timers } = deps;
  const stop = new AbortController();
  const problems = new Set<(problem: P2PError) => void>();
  const failures = new Set<(problem: P2PError) => void>();
  const listeners = new Set<LeadListener>();
  /** what ends each listener's part in the present lead */
  const endings = new Map<LeadListener, () => Promise<void>>();
  let leading: LedCollection | undefined;
  const schema = collection.schema.jsonSchema as unknown as Readonly<Record<string, unknown>>;

  const onProblem = (problem: P2PError): void => {
    for (const listener of problems) listener(problem);
  };
  const merge: MergePolicy =
    collection.conflictHandler === defaultConflictHandler
      ? createFieldsPolicy()
      : createHandlerPolicy(collection.conflictHandler, {
          version: deps.conflictHandlerVersion,
          checkDeterminism: overwritable.isDevMode(),
          onProblem,
        });

  async function takePart(): Promise<void> {
    while (!stop.signal.aborted) await leadWith(await tabs.lead(stop.signal));
  }

  /** From the moment this tab leads until it does not. */
  async function leadWith(lead: TabLead): Promise<void> {
    const over = AbortSignal.any([lead.over, stop.signal]);
    try {
      for (let opened = 1; !over.aborted; opened++) {
        const problem = await leadOnce(lead, over);
        // Somebody has appended to the journal, and yet this tab holds the lock: a tab that was stopped has had the last word.
        if (problem?.code === 'LEADERSHIP_LOST' && opened < MAX_OPENED) await pause(AGAIN_AFTER_MS);
        else if (!over.aborted) {
          if (problem !== undefined) fail(problem);
          await once(over);
        }
      }
    } finally {
      await lead.release();
    }
  }

  /** @returns what ended it before the lead was over */
  async function leadOnce(lead: TabLead, over: AbortSignal): Promise<P2PError | undefined> {
    let onFailure: (problem: P2PError) => void = () => undefined;
    const failed = new Promise<P2PError>((resolve) => {
      onFailure = resolve;
    });
    const ended = once(over);
    const { identity, openSidecar } = deps;
    const opening = openLedCollection({
      ...{ collection, lead, over, merge, timers, identity, openSidecar, onProblem, onFailure },
    });
    const opened = await Promise.race([opening.catch(toProblem), ended]);
    if (opened === undefined) {
      const closing = opening.then(
        (late) => late.close(),
        () => undefined,
      );
      // A lead that is over does not wait for ever for storage that does not answer.
      await Promise.race([closing, pause(CLOSE_WITHIN_MS)]);
    }
    if (opened === undefined || opened instanceof P2PError) return opened;
    leading = opened;
    for (const listener of listeners) endings.set(listener, listener(opened));
    const problem = await Promise.race([failed, ended]);
    leading = undefined;
    const ends = [...endings.values()];
    endings.clear();
    await Promise.all(ends.map((end) => end()));
    await opened.close();
    return problem;
  }

  const pause = (ms: number): Promise<void> => new Promise((resolve) => timers.after(ms, resolve));

  function fail(cause: unknown): void {
    if (stop.signal.aborted) return;
    for (const listener of failures) listener(toProblem(cause));
  }

  const done = takePart().catch(fail);

  return {
    collection,
    schemaHash: hashSchema(schema),
    mergeMode: merge.mode,
    onLead(listener) {
      listeners.add(listener);
      if (leading !== undefined) endings.set(listener, listener(leading));
      return async () => {
        listeners.delete(listener);
        const end = endings.get(listener);
        endings.delete(listener);
        await end?.();
      };
    },
    share: (room, listener) => tabs.share(room, listener),
    onProblem(listener) {
      problems.add(listener);
      return () => problems.delete(listener);
    },
    onFailure(listener) {
      failures.add(listener);
      return () => failures.delete(listener);
    },
    async journalDeletes() {
      await leading?.replica.catchUp();
      return leading !== undefined;
    },
    async close() {
      if (!stop.signal.aborted) stop.abort(new P2PError('CANCELLED', 'the pool was cancelled'));
      await done;
      tabs.close();
    },
  };
}

function toProblem(cause: unknown): P2PError {
  if (cause instanceof P2PError) return cause;
  return new P2PError('STORAGE_FAILED', 'the storage failed', { cause, got: String(cause) });
}

function once(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
