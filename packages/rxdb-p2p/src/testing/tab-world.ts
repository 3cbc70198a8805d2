/** Tabs of one browser in one process, each of which can be hidden, put to sleep, slowed down and stopped. */
import type { Timers } from '../pool/timers.ts';
import { createElection, type Election, type TabLead } from '../tabs/election.ts';
import { createLeadership, type HeldLock, type Leadership } from '../tabs/leadership.ts';
import type { Page, PageChange } from '../tabs/page.ts';
import type { TabMessage } from '../tabs/tab-messages.ts';

export interface WorldTab {
  readonly name: string;
  readonly election: Election;
  /** Every lead so far, in order. */
  readonly leads: readonly TabLead[];
  /** The present one, as the tab knows it. */
  readonly lead: TabLead | undefined;
  setVisible(visible: boolean): void;
  sleep(): void;
  wake(): void;
  /** Nothing runs in it, and nothing reaches it, until `thaw`. */
  stop(): void;
  thaw(): void;
  /** Its timers do not fire, as in a page that has been hidden for long. */
  slowDown(): void;
  /** Ends it, as a browser ends a closed page. */
  close(): void;
}

export interface TabWorld {
  open(name: string, options?: { visible?: boolean; hesitation?: number }): WorldTab;
}

let worlds = 0;

/** @param timers of the browser */
export function createTabWorld(timers: Timers): TabWorld {
  const lockName = `tab world ${++worlds}`;
  const receivers = new Set<(from: string, message: TabMessage) => void>();
  const locks = createLeadership();

  function open(name: string, { visible = true, hesitation = 0 } = {}): WorldTab {
    const closing = new AbortController();
    const watchers = new Set<(change: PageChange) => void>();
    const leads: TabLead[] = [];
    /** what happens in this tab once it is thawed; undefined: it is not stopped */
    let waiting: (() => void)[] | undefined;
    let slow = false;
    let seen = visible;
    const run = (work: () => void): void => {
      if (closing.signal.aborted) return;
      if (waiting === undefined) work();
      else waiting.push(work);
    };
    const own: Timers = {
      now: timers.now,
      random: timers.random,
      after: (ms, work) =>
        timers.after(ms, () => {
          if (!slow) run(work);
        }),
    };
    const page: Page = {
      get visible() {
        return seen;
      },
      watch(listener) {
        watchers.add(listener);
        return () => watchers.delete(listener);
      },
    };
    const inTab = <T>(answer: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        answer.then(
          (value) => run(() => resolve(value)),
          (error: unknown) => run(() => reject(error)),
        );
      });
    const held = ({ lost, release }: HeldLock): HeldLock => {
      const heard = new AbortController();
      lost.addEventListener('abort', () => run(() => heard.abort()));
      closing.signal.addEventListener('abort', release);
      return { lost: heard.signal, release };
    };
    const leadership: Leadership = {
      acquire: (lock, signal) => inTab(locks.acquire(lock, AbortSignal.any([signal, closing.signal])).then(held)),
      steal: (lock) => inTab(locks.steal(lock).then(held)),
      heardOfLosses: () => inTab(locks.heardOfLosses()),
    };
    const election = createElection({
      ...{ name: lockName, tab: name, leadership, page, hesitation, timers: own, wallClock: () => timers.now() },
      post(message) {
        for (const receive of receivers) receive(name, message);
      },
    });
    const receive = (from: string, message: TabMessage): void => {
      // Later: a channel calls nobody back before it has returned.
      if (from !== name) void timers.after(0, () => run(() => void election.heard(message)));
    };
    receivers.add(receive);

    /** Does nothing with its lead but to hold it, and to give it back. */
    async function takePart(): Promise<void> {
      while (!closing.signal.aborted) {
        const lead = await election.lead(closing.signal);
        leads.push(lead);
        await new Promise((resolve) => lead.over.addEventListener('abort', resolve));
        await lead.release();
      }
    }
    takePart().catch(() => undefined);
    const change = (what: PageChange): void => {
      for (const watcher of watchers) watcher(what);
    };

    return {
      ...{ name, election, leads },
      get lead() {
        const last = leads[leads.length - 1];
        return last?.over.aborted === false && !closing.signal.aborted ? last : undefined;
      },
      setVisible(next) {
        seen = next;
        change('visibility');
      },
      sleep: () => change('sleep'),
      wake: () => change('wake'),
      stop() {
        waiting ??= [];
      },
      thaw() {
        const missed = waiting ?? [];
        waiting = undefined;
        for (const work of missed) work();
      },
      slowDown() {
        slow = true;
      },
      close() {
        closing.abort();
        receivers.delete(receive);
        election.close();
      },
    };
  }

  return { open };
}
