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
import { createBackoff } from '../transport/backoff.ts';
import { CLOSE_WITHIN_MS, type LedCollection, type OpenLedCollection, openLedCollection } from './led-collection.ts';
import { mayPass, storageProblem } from './storage-problem.ts';
import { createSyncMeter } from './sync-meter.ts';
import type { Timers } from './timers.ts';

/**
 * Begins what a pool does while this tab leads.
 *
 * @param opening resolves when the collection has been read; undefined: it was not, and the lead is over
 * @returns what ends it; when that resolves, nobody hears of it any more
 */
export type LeadListener = (opening: Promise<LedCollection | undefined>) => () => Promise<void>;

/** Why nothing goes on though this tab leads. */
export type Hold =
  /** RxDB moves the documents to another schema. */
  | { readonly why: 'migrating' }
  /** The storage has failed, and is tried again at `retryAt`, milliseconds since 1970. */
  | { readonly why: 'storage'; readonly problem: P2PError; readonly retryAt: number };

export interface CollectionNode {
  readonly collection: RxCollection;
  readonly schemaHash: string;
  readonly mergeMode: string;
  /** Called with every lead of this tab before its journal is read, the present one at once. @returns what ends all of it */
  onLead(listener: LeadListener): () => Promise<void>;
  /** Makes a pool known to the same one in other tabs. */
  share(room: string, listener: PoolListener): PoolShare;
  /** Begins anew, because of this problem: with another identity. */
  restart(problem: P2PError): void;
  /** Ends this lead as a failure of its own storage does: it pauses, and goes on when it can. */
  endLead(problem: P2PError): void;
  /** Tells of a problem that is not of this collection alone. */
  report(problem: P2PError): void;
  readonly hold: Hold | undefined;
  onHold(listener: () => void): () => void;
  onProblem(listener: (problem: P2PError) => void): () => void;
  /** Nothing goes on by itself. */
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
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  readonly identity: () => Promise<Identity>;
  readonly openSidecar: () => Promise<Sidecar>;
}

/** Before the journal is read again after somebody else has appended to it, milliseconds: news of a lost lock come sooner. */
const AGAIN_AFTER_MS = 100;
/** How often one lead opens the journal: more losses, and processes that share no lock share this storage. */
const MAX_OPENED = 4;

/** Delays of the attempts to go on with a storage that has failed: most such failures pass at once, or last. */
export const STORAGE_RETRY: { readonly minMs: number; readonly maxMs: number } = { minMs: 250, maxMs: 60_000 };
/** A lead that has gone well for so long is not counted as failing any more, milliseconds. */
const SETTLED_MS = 60_000;

export function createCollectionNode(deps: CollectionNodeDeps): CollectionNode {
  const { collection, tabs, timers, wallClock } = deps;
  const stop = new AbortController();
  const problems = new Set<(problem: P2PError) => void>();
  const failures = new Set<(problem: P2PError) => void>();
  const listeners = new Set<LeadListener>();
  /** what ends each listener's part in the present lead */
  const endings = new Map<LeadListener, () => Promise<void>>();
  const holdListeners = new Set<() => void>();
  const meter = createSyncMeter(timers.now);
  let leading: LedCollection | undefined;
  let reading: Promise<LedCollection | undefined> | undefined;
  let endLead: ((problem: P2PError) => void) | undefined;
  let hold: Hold | undefined;
  /** with whose name the journal has not been able to part */
  let former: Identity | undefined;
  const schema = collection.schema.jsonSchema as unknown as Readonly<Record<string, unknown>>;

  const onProblem = (problem: P2PError): void => {
    for (const listener of problems) listener(problem);
  };
  const setHold = (next: Hold | undefined): void => {
    hold = next;
    for (const listener of holdListeners) listener();
  };
  const merge: MergePolicy =
    collection.conflictHandler === defaultConflictHandler
      ? createFieldsPolicy()
      : createHandlerPolicy(collection.conflictHandler, {
          version: deps.conflictHandlerVersion,
          checkDeterminism: overwritable.isDevMode(),
          onProblem,
          timers,
        });

  async function takePart(): Promise<void> {
    while (!stop.signal.aborted) await leadWith(await tabs.lead(stop.signal));
  }

  /** From the moment this tab leads until it does not. */
  async function leadWith(lead: TabLead): Promise<void> {
    const over = AbortSignal.any([lead.over, stop.signal]);
    const backoff = createBackoff(STORAGE_RETRY, timers.random);
    let lost = 0;
    let hasFailed = false;
    try {
      while (!over.aborted) {
        const begun = timers.now();
        let delay = 0;
        const onEnd = (problem: P2PError): void => {
          if (over.aborted || !mayPass(problem)) return;
          if (timers.now() - begun > SETTLED_MS) backoff.reset();
          delay = backoff.next();
          setHold({ why: 'storage', problem, retryAt: Math.round(wallClock() + delay) });
          onProblem(problem);
        };
        const problem = await leadOnce(lead, over, hasFailed, onEnd);
        if (problem === undefined || over.aborted) return;
        if (problem.code === 'REPLICA_CLONED') continue;
        hasFailed ||= mayPass(problem);
        // Somebody has appended to the journal, and yet this tab holds the lock: a tab that was stopped has had the last
        // word, or a write of this tab that was thought to have failed.
        if (problem.code === 'LEADERSHIP_LOST' && ++lost < MAX_OPENED) delay = AGAIN_AFTER_MS;
        else if (!mayPass(problem)) {
          fail(problem);
          await once(over);
        }
        await Promise.race([pause(delay), once(over)]);
      }
    } finally {
      setHold(undefined);
      await lead.release();
    }
  }

  /**
   * @param onEnd told what ended it, before anything is closed
   * @returns the same; undefined: the lead was over
   */
  async function leadOnce(
    lead: TabLead,
    over: AbortSignal,
    probes: boolean,
    onEnd: (problem: P2PError) => void,
  ): Promise<P2PError | undefined> {
    let onFailure: (problem: P2PError) => void = () => undefined;
    const failed = new Promise<P2PError>((resolve) => {
      onFailure = resolve;
    });
    const ended = once(over);
    const { identity, openSidecar } = deps;
    const onMigrating = (): void => setHold({ why: 'migrating' });
    const opening = openLedCollection({
      ...{ collection, lead, over, merge, meter, probes, timers, identity, openSidecar, former },
      ...{ onProblem, onMigrating, onReading, onFailure },
    });
    const outcome = Promise.race([opening.catch(storageProblem), ended]);
    const led = outcome.then((found) => (found instanceof P2PError ? undefined : found));
    function onReading(): void {
      reading = led;
      for (const listener of listeners) endings.set(listener, listener(led));
    }
    const opened = await outcome;
    if (opened === undefined) {
      const closing = opening.then(
        (late) => late.close(),
        () => undefined,
      );
      // A lead that is over does not wait for ever for storage that does not answer.
      await Promise.race([closing, pause(CLOSE_WITHIN_MS)]);
    }
    if (opened instanceof P2PError) onEnd(opened);
    if (opened === undefined || opened instanceof P2PError) {
      await endAll();
      return opened;
    }
    former = undefined;
    leading = opened;
    endLead = onFailure;
    setHold(undefined);
    const problem = await Promise.race([failed, ended]);
    leading = undefined;
    endLead = undefined;
    if (problem !== undefined) onEnd(problem);
    const failure = problem?.code === 'REPLICA_CLONED' ? await renounce(opened) : undefined;
    if (failure !== undefined) onEnd(failure);
    await endAll();
    await opened.close();
    return failure ?? problem;
  }

  /** @returns why it could not: the next lead does it, before anything else */
  async function renounce({ identity, replica }: OpenLedCollection): Promise<P2PError | undefined> {
    try {
      await replica.renounce();
      return undefined;
    } catch (error) {
      former = identity;
      return storageProblem(error);
    }
  }

  async function endAll(): Promise<void> {
    reading = undefined;
    const ends = [...endings.values()];
    endings.clear();
    await Promise.all(ends.map((end) => end()));
  }

  const pause = (ms: number): Promise<void> => new Promise((resolve) => timers.after(ms, resolve));

  function fail(cause: unknown): void {
    if (stop.signal.aborted) return;
    for (const listener of failures) listener(storageProblem(cause));
  }

  const done = takePart().catch(fail);

  return {
    collection,
    schemaHash: hashSchema(schema),
    mergeMode: merge.mode,
    onLead(listener) {
      listeners.add(listener);
      if (reading !== undefined) endings.set(listener, listener(reading));
      return async () => {
        listeners.delete(listener);
        const end = endings.get(listener);
        endings.delete(listener);
        await end?.();
      };
    },
    restart(problem) {
      onProblem(problem);
      endLead?.(problem);
    },
    endLead: (problem) => endLead?.(problem),
    report: onProblem,
    share: (room, listener) => tabs.share(room, listener),
    get hold() {
      return hold;
    },
    onHold(listener) {
      holdListeners.add(listener);
      return () => holdListeners.delete(listener);
    },
    onProblem(listener) {
      problems.add(listener);
      return () => problems.delete(listener);
    },
    onFailure(listener) {
      failures.add(listener);
      return () => failures.delete(listener);
    },
    async journalDeletes() {
      if (leading === undefined) return false;
      // A storage that fails is told of as a problem of its own; the cleanup waits.
      return leading.replica.catchUp().then(
        () => true,
        () => false,
      );
    },
    async close() {
      if (!stop.signal.aborted) stop.abort(new P2PError('CANCELLED', 'the pool was cancelled'));
      await done;
      tabs.close();
    },
  };
}

function once(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
