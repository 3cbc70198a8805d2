/**
 * Which tab leads a collection (ARCHITECTURE §4). All tabs queue for one lock, so that a tab that is closed or crashes is
 * followed at once. Two things a lock cannot tell, and tabs tell each other: that the leader is stopped, for then it sends
 * no beats, and a tab takes the lock away; and that nobody looks at the leader while another tab is looked at, for then
 * the leader hands over.
 */
import type { Timers } from '../pool/timers.ts';
import { type Competition, compete } from './competition.ts';
import type { HeldLock, Leadership } from './leadership.ts';
import type { Page } from './page.ts';
import { isLeaderMessage, type TabMessage } from './tab-messages.ts';
import { BEAT_MS, HANDOVER_MS, LATE_BEAT_MS } from './tab-timing.ts';

/** Why a lead is over. After `handover` there is time to finish; otherwise nothing may be written any more. */
export type LeadEnd = 'handover' | 'asleep' | 'stolen';

/** The lead of this tab, until it is over. */
export interface TabLead {
  /** It was taken from a tab that did not answer: that one may still write, until it hears of it. */
  readonly stolen: boolean;
  /** Rises with every lead of any tab. */
  readonly term: number;
  /** Aborted when it is over, with a `LeadEnd`; within the event that ends it. */
  readonly over: AbortSignal;
  /** Resolves when it is certain that the lead is not over, or with it over; undefined: it is certain now. */
  confirm(): Promise<void> | undefined;
  /** All that this tab did as leader is done; another may begin. */
  release(): Promise<void>;
}

export interface Election {
  /** Resolves when this tab leads. One lead at a time. Rejects with the signal's reason. */
  lead(signal: AbortSignal): Promise<TabLead>;
  /** @returns whether the message counts: false for the word of a leader whose term is over */
  heard(message: TabMessage): boolean;
  close(): void;
}

export interface ElectionDeps {
  /** name of the lock */
  readonly name: string;
  /** random, of this tab */
  readonly tab: string;
  readonly leadership: Leadership;
  readonly timers: Timers;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  readonly page: Page;
  readonly post: (message: TabMessage) => void;
  /** How much later than others this tab takes over, from 0 to 1: the same for all collections, so that one tab leads all. */
  readonly hesitation: number;
}

interface Led {
  readonly term: number;
  readonly over: AbortController;
  readonly lock: HeldLock;
}

export function createElection(deps: ElectionDeps): Election {
  const { tab, leadership, timers, page, post, wallClock } = deps;
  /** the leader that was heard last */
  let known: { readonly tab: string; readonly term: number } | undefined;
  let competition: Competition | undefined;
  let led: Led | undefined;
  let asleep = false;
  let onAwake: (() => void)[] = [];
  let lastBeat = 0;
  /** while it is not certain that this tab still leads */
  let doubt: Promise<void> | undefined;
  /** the tab that asked to go on */
  let heir: string | undefined;
  let stopBeat = (): void => undefined;

  const stopWatching = page.watch((change) => {
    if (change === 'sleep') {
      asleep = true;
      end('asleep');
      competition?.withdraw();
    } else if (change === 'wake') {
      asleep = false;
      for (const resume of onAwake.splice(0)) resume();
    } else if (led !== undefined) beat();
    competition?.look();
  });

  function beat(): void {
    if (led === undefined) return;
    stopBeat();
    stopBeat = timers.after(BEAT_MS, beat);
    const doubt = confirm();
    lastBeat = timers.now();
    if (doubt === undefined) post({ type: 'beat', from: tab, term: led.term, visible: page.visible });
  }

  /** A leader that was stopped may have been replaced meanwhile, and is about to hear of it. */
  function confirm(): Promise<void> | undefined {
    if (doubt === undefined && timers.now() - lastBeat > LATE_BEAT_MS) {
      doubt = leadership.heardOfLosses().finally(() => {
        doubt = undefined;
      });
    }
    return doubt;
  }

  function end(reason: LeadEnd): void {
    led?.over.abort(reason);
    // Whoever has time to finish gives the lock back when that is done.
    if (reason !== 'handover') over();
  }

  function over(): void {
    if (led === undefined) return;
    const { lock } = led;
    led = undefined;
    stopBeat();
    lock.release();
  }

  function begin(lock: HeldLock, stolen: boolean): TabLead {
    const term = Math.max(Math.round(wallClock()), (known?.term ?? 0) + 1);
    heir = undefined;
    const current: Led = { term, lock, over: new AbortController() };
    led = current;
    known = { tab, term };
    lock.lost.addEventListener('abort', () => {
      if (led === current) end('stolen');
    });
    lastBeat = timers.now();
    beat();
    return {
      ...{ stolen, term, over: current.over.signal },
      confirm,
      async release() {
        if (led !== current) return;
        post({ type: 'over', from: tab, term, to: heir ?? '' });
        if (heir !== undefined) await taken(lock);
        if (led === current) over();
      },
    };
  }

  /** Resolves when the heir has taken the lock, or has had time enough. */
  function taken(lock: HeldLock): Promise<void> {
    return new Promise((resolve) => {
      const stop = timers.after(HANDOVER_MS, resolve);
      lock.lost.addEventListener('abort', () => {
        stop();
        resolve();
      });
    });
  }

  function awake(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      else if (!asleep) resolve();
      else {
        onAwake.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      }
    });
  }

  return {
    async lead(signal) {
      for (;;) {
        await awake(signal);
        competition = compete(deps, signal);
        const won = await competition.result.finally(() => {
          competition = undefined;
        });
        // A tab that was stopped in the queue can be handed the lock, and lose it again, before it runs.
        if (won !== undefined) await leadership.heardOfLosses();
        if (won !== undefined && !asleep && !won.lock.lost.aborted && !signal.aborted) {
          return begin(won.lock, won.stolen);
        }
        won?.lock.release();
      }
    },
    heard(message) {
      if (!isLeaderMessage(message)) {
        if (message.type === 'claim') competition?.leaderHeard();
        if (message.type === 'who') beat();
        if (message.type === 'yield' && message.to === tab && led !== undefined && !page.visible) {
          heir ??= message.from;
          end('handover');
        }
        return true;
      }
      const { from, term } = message;
      if (known !== undefined && (term < known.term || (term === known.term && from < known.tab))) return false;
      known = { tab: from, term };
      if (led !== undefined) return false;
      competition?.leaderHeard(message);
      return true;
    },
    close() {
      stopWatching();
      stopBeat();
      onAwake = [];
    },
  };
}
