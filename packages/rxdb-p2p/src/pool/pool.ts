/** The pool of one (collection, topic) in one tab: what it shows, whether this tab leads or another one, and its handles. */
import { P2PError } from '@rxdb-p2p/protocol';
import { BehaviorSubject, filter, firstValueFrom, Subject } from 'rxjs';
import type { PoolOptions } from '../plugin/options.ts';
import { fromPlainProblem, type TabQuestion } from '../tabs/tab-messages.ts';
import type { CollectionNode, Hold } from './collection-node.ts';
import { type AnswerTo, answerQuestion } from './leader-answers.ts';
import type { LedCollection } from './led-collection.ts';
import { createLedPool, type LedPool } from './led-pool.ts';
import { createCompletions } from './pool-channels.ts';
import { type Blocks, createPoolHandle } from './pool-handle.ts';
import type { TopicHub } from './shared-hubs.ts';
import { withReason } from './snapshots.ts';
import { mayPass, storageProblem } from './storage-problem.ts';
import type { Timers } from './timers.ts';
import type { ContestedDocument, P2PPool, PoolStatus } from './types.ts';

export interface PoolCore {
  /** A handle of its own for one caller; the pool ends with its last handle. */
  handle(): P2PPool;
  /** Ends the pool, whatever handles there are. @param reason what its status and its promises say then */
  cancel(reason?: P2PError): Promise<void>;
}

export interface PoolDeps {
  readonly options: PoolOptions;
  readonly node: CollectionNode;
  /** Connections, for as long as this tab leads. */
  readonly useHub: () => Promise<TopicHub>;
  readonly timers: Timers;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  readonly blocks: Blocks;
  /** The last handle is gone: give back what the pool used. */
  readonly onCancelled: () => Promise<void>;
}

/** Snapshots of a busy pool are made at most this often, milliseconds; the last change is always in one. */
export const SNAPSHOT_MS = 30;
/** Before the leading tab is asked again, when it could not answer, milliseconds. */
const ASK_AGAIN_MS = 200;

export function createPool({ options, node, useHub, timers, wallClock, blocks, onCancelled }: PoolDeps): PoolCore {
  const STARTING: PoolStatus = {
    ...{ phase: 'starting', notInSync: 'starting', peers: [], writesWaiting: 0, conflicts: 0, quarantined: 0 },
    ...{ protection: options.secret === undefined ? 'none' : 'secret', refusedSignals: 0 },
  };
  const completions = createCompletions(wallClock);
  const error$ = new Subject<P2PError>();
  const status$ = new BehaviorSubject<PoolStatus>(STARTING);
  const conflicts$ = new BehaviorSubject<readonly ContestedDocument[]>([]);
  const cleanups: (() => unknown)[] = [];
  let led: LedPool | undefined;
  /** what the leading tab shows, where that is another one */
  let followed: PoolStatus = STARTING;
  /** what keeps the transport from working, what the pool has failed with, or why it was cancelled */
  let problem: P2PError | undefined;
  let failed = false;
  let cancelled = false;
  let cancelling: Promise<void> | undefined;
  let snapshotDue = false;
  let handles = 0;

  const share = node.share(options.name, {
    onStatus(status) {
      if (led !== undefined || cancelled || failed || node.hold !== undefined) return;
      followed = status ?? STARTING;
      show(followed);
    },
    onNotLed() {
      if (led !== undefined || cancelled || failed || node.hold !== undefined) return;
      followed = { ...STARTING, notInSync: 'not-led' };
      show(followed);
    },
    onConflicts(conflicts) {
      if (led === undefined && !cancelled) conflicts$.next(conflicts);
    },
    onProblem(error) {
      if (led === undefined && !cancelled) error$.next(error);
    },
    async answer(asked) {
      if (led === undefined) throw new P2PError('LEADERSHIP_LOST', 'this tab does not lead any more');
      return answer(led, asked);
    },
  });

  function report(error: P2PError): void {
    error$.next(error);
    share.tellProblem(error);
  }

  function fail(error: P2PError): void {
    if (cancelled || failed) return;
    failed = true;
    problem = error;
    for (const cleanup of cleanups.splice(0)) void cleanup();
    report(error);
    snapshot();
  }

  function scheduleSnapshot(): void {
    if (snapshotDue || cancelled) return;
    snapshotDue = true;
    timers.after(SNAPSHOT_MS, () => {
      snapshotDue = false;
      if (!cancelled) snapshot();
    });
  }

  /** @returns whether it is news */
  function show(status: PoolStatus): boolean {
    if (JSON.stringify(status) === JSON.stringify(status$.value)) return false;
    status$.next(status);
    return true;
  }

  function snapshot(): void {
    const status = current();
    if (show(status)) share.tellStatus(status);
    if (led === undefined) return;
    const contested = led.active.contests.list();
    if (contested === conflicts$.value) return;
    conflicts$.next(contested);
    share.tellConflicts(contested);
  }

  function current(): PoolStatus {
    const said = problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } };
    if (cancelled) return withReason({ ...STARTING, phase: 'cancelled', ...said });
    if (led !== undefined) return withReason({ ...led.status(), ...said });
    if (failed) return withReason({ ...STARTING, phase: 'failed', ...said });
    return node.hold === undefined ? followed : held(node.hold);
  }

  /** This tab leads, and nothing goes on. What was known before stays, but for connections: there is none. */
  function held(hold: Hold): PoolStatus {
    if (hold.why === 'migrating') return { ...STARTING, notInSync: 'migrating' };
    const { writesWaiting, conflicts, quarantined } = status$.value;
    const { code, message } = hold.problem;
    return withReason({
      ...{ ...STARTING, phase: 'paused', writesWaiting, conflicts, quarantined },
      problem: { code, message, retryAt: hold.retryAt },
    });
  }

  /**
   * From the moment this tab leads. Devices meet while the collection is read: a channel waits until both have opened it.
   *
   * @returns what ends it; when that resolves, all that was begun is over
   */
  function lead(opening: Promise<LedCollection | undefined>): () => Promise<void> {
    let over = false;
    let active: LedCollection | undefined;
    let stop = (): void => undefined;
    const stopped = new Promise<undefined>((resolve) => {
      stop = () => resolve(undefined);
    });
    const meeting = useHub().then((use) => ({ use, leave: over ? undefined : use.hub.enter(use.keys) }));
    const connecting = (async () => {
      active = await Promise.race([opening, stopped]);
      const { use, leave } = await meeting;
      if (active !== undefined && !over) begin(active, use);
      // What has begun is in the room by itself.
      leave?.();
      if (active === undefined || over) await use.release();
    })();
    // Told below, once it is known whether the collection is open.
    meeting.catch(() => undefined);
    connecting.catch((cause: unknown) => {
      const found = storageProblem(cause);
      if (over) return;
      // What all collections share is stored, too.
      if (mayPass(found)) node.endLead(found);
      else fail(found);
    });
    return async () => {
      over = true;
      stop();
      const ending = active !== undefined && led?.active === active ? led : undefined;
      if (ending !== undefined) {
        led = undefined;
        followed = STARTING;
        if (!failed && !cancelled) problem = undefined;
        if (!cancelled) snapshot();
      }
      await ending?.end();
      // A hub that is still being made is given back when it is there.
      await connecting.catch(() => undefined);
    };
  }

  function begin(active: LedCollection, use: TopicHub): void {
    const onTransport = (transportProblem: P2PError | undefined): void => {
      problem = transportProblem;
    };
    led = createLedPool({
      ...{ options, node, active, use, timers, completions, report, onTransport, onChange: scheduleSnapshot },
    });
    share.tellConflicts(conflicts$.value);
    // Other tabs have forgotten what was said before this lead.
    share.tellStatus(current());
    snapshot();
  }

  function cancel(reason?: P2PError): Promise<void> {
    cancelling ??= (async () => {
      cancelled = true;
      problem = reason;
      // All of it begins within the call: the next call of `syncP2P` makes a pool of its own.
      await Promise.all([...cleanups.splice(0).map((cleanup) => cleanup()), onCancelled()]);
      snapshot();
      share.close();
      for (const subject of [status$, conflicts$, error$]) subject.complete();
    })();
    return cancelling;
  }

  /** Resolves when the condition holds; rejects when the pool ends first. */
  async function until(condition: (status: PoolStatus) => boolean): Promise<PoolStatus> {
    const isOver = ({ phase }: PoolStatus): boolean => phase === 'cancelled' || phase === 'failed';
    const status = await firstValueFrom(status$.pipe(filter((next) => condition(next) || isOver(next))), {
      defaultValue: status$.value,
    });
    if (!isOver(status)) return status;
    if ((failed || cancelled) && problem !== undefined) throw problem;
    if (status.phase === 'failed' && status.problem !== undefined) throw fromPlainProblem(status.problem);
    throw new P2PError('CANCELLED', 'the pool was cancelled');
  }

  async function answer(asking: LedPool, asked: TabQuestion): Promise<unknown> {
    const said = await answerQuestion(asking, asked);
    // Before the answer: whoever asked for writes reads in the status what became of them.
    snapshot();
    return said;
  }

  /** Has the leading tab answer, this one or another, and the next one when it ends meanwhile. Rejects when the pool ends. */
  async function askLeader<Asked extends TabQuestion>(asked: Asked): Promise<AnswerTo<Asked>> {
    for (;;) {
      await until(({ phase }) => phase !== 'starting' && phase !== 'paused');
      const asking = led;
      const said = await (asking === undefined
        ? share.ask(asked)
        : answer(asking, asked).then((value) => ({ value }))
      ).catch((error: unknown) => {
        // A storage that fails pauses the pool, and whoever leads then is asked again.
        if (led === asking && !mayPass(storageProblem(error))) throw error;
        return undefined;
      });
      if (said !== undefined && led === asking) return said.value as AnswerTo<Asked>;
      await new Promise<void>((resolve) => timers.after(ASK_AGAIN_MS, resolve));
    }
  }

  const onHold = (): void => {
    if (!cancelled) snapshot();
  };
  cleanups.push(node.onProblem(report), node.onFailure(fail), node.onHold(onHold), node.onLead(lead));

  return {
    cancel,
    handle() {
      handles++;
      let open = true;
      return createPoolHandle({
        ...{ options, collectionName: node.collection.name, status$, error$, conflicts$, until, askLeader, blocks },
        async close() {
          if (open) handles--;
          open = false;
          if (handles === 0) await cancel();
        },
      });
    },
  };
}
