/** A tab that does not lead: waits in the queue for the lock, listens for the leader's beats, and takes over when it has to. */
import type { ElectionDeps } from './election.ts';
import type { HeldLock } from './leadership.ts';
import type { LeaderMessage } from './tab-messages.ts';
import {
  ASK_AFTER_TICKS,
  HESITATION_MS,
  HIDDEN_LEADER_TICKS,
  SILENT_TICKS,
  SILENT_TICKS_HIDDEN,
  TICK_MS,
} from './tab-timing.ts';

export interface Won {
  readonly lock: HeldLock;
  readonly stolen: boolean;
}

export interface Competition {
  /** The lock, once it is held; undefined: withdrawn. Rejects with the signal's reason. */
  readonly result: Promise<Won | undefined>;
  /** The leader has spoken; without a message: another tab is about to lead. */
  leaderHeard(message?: LeaderMessage): void;
  /** This page's visibility has changed. */
  look(): void;
  /** Leaves the queue: this page goes to sleep. */
  withdraw(): void;
}

export function compete(deps: ElectionDeps, signal: AbortSignal): Competition {
  const { name, tab, leadership, timers, page, post } = deps;
  const queue = new AbortController();
  /** Ticks of this tab, not time: while everything stands still nobody is silent. */
  let silentTicks = 0;
  let hiddenTicks = 0;
  let leader: string | undefined;
  let over = false;
  let stopTick = timers.after(TICK_MS, tick);
  let stopSteal: (() => void) | undefined;
  let resolve: (won: Won | undefined) => void;
  let reject: (reason: unknown) => void;
  const result = new Promise<Won | undefined>((onResult, onFailure) => {
    resolve = onResult;
    reject = onFailure;
  });

  function finish(): boolean {
    if (over) return false;
    over = true;
    stopTick();
    stopSteal?.();
    signal.removeEventListener('abort', cancel);
    return true;
  }

  function cancel(): void {
    if (!finish()) return;
    queue.abort(signal.reason);
    reject(signal.reason);
  }

  function take(stolen: boolean): void {
    if (!finish()) return;
    queue.abort();
    leadership.steal(name).then((lock) => resolve({ lock, stolen }), reject);
  }

  function tick(): void {
    stopTick = timers.after(TICK_MS, tick);
    silentTicks++;
    // Timers of a hidden leader are slowed down; messages are not.
    if (silentTicks >= ASK_AFTER_TICKS) post({ type: 'who', from: tab });
    if (silentTicks >= (page.visible ? SILENT_TICKS : SILENT_TICKS_HIDDEN)) claim();
    if (!page.visible || leader === undefined || hiddenTicks === 0) return;
    hiddenTicks++;
    if (hiddenTicks > HIDDEN_LEADER_TICKS) post({ type: 'yield', from: tab, to: leader });
  }

  /** Not all at once: who hears another tab's claim gives it time. */
  function claim(): void {
    stopSteal ??= timers.after(deps.hesitation * HESITATION_MS, () => {
      post({ type: 'claim', from: tab });
      take(true);
    });
  }

  leadership.acquire(name, queue.signal).then(
    (lock) => {
      if (finish()) resolve({ lock, stolen: false });
      else lock.release();
    },
    (reason: unknown) => {
      if (finish()) reject(reason);
    },
  );
  signal.addEventListener('abort', cancel);
  post({ type: 'who', from: tab });
  if (signal.aborted) cancel();

  return {
    result,
    leaderHeard(message) {
      silentTicks = 0;
      stopSteal?.();
      stopSteal = undefined;
      if (message === undefined) return;
      if (message.from !== leader) hiddenTicks = 0;
      leader = message.from;
      if (message.type === 'beat') hiddenTicks = message.visible ? 0 : Math.max(1, hiddenTicks);
      if (message.type === 'over' && message.to === tab) take(false);
    },
    look() {
      if (hiddenTicks > 0) hiddenTicks = 1;
    },
    withdraw() {
      if (!finish()) return;
      queue.abort();
      resolve(undefined);
    },
  };
}
