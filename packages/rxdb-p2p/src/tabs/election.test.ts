import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTimers } from '../pool/timers.ts';
import { createTabWorld, type TabWorld, type WorldTab } from '../testing/tab-world.ts';
import { BEAT_MS, HIDDEN_LEADER_TICKS, SILENT_TICKS, SILENT_TICKS_HIDDEN, TICK_MS } from './tab-timing.ts';

let world: TabWorld;
let tabs: WorldTab[];

beforeEach(() => {
  vi.useFakeTimers();
  world = createTabWorld(createTimers());
  tabs = [];
});

afterEach(() => {
  for (const tab of tabs) tab.close();
  vi.useRealTimers();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function open(...options: Parameters<TabWorld['open']>): Promise<WorldTab> {
  const tab = world.open(...options);
  tabs.push(tab);
  await pass(10);
  return tab;
}

/** Names of the tabs that lead, as they know it. */
const leaders = (): string[] => tabs.flatMap(({ name, lead }) => (lead === undefined ? [] : [name]));

/** Until another tab leads. @returns milliseconds */
async function untilLeads(tab: WorldTab, mostMs: number): Promise<number> {
  let waited = 0;
  for (; tab.lead === undefined && waited < mostMs; waited += 100) await pass(100);
  return waited;
}

describe('the tabs of a collection', () => {
  it('have one leader, and the next one at once when it is closed', async () => {
    const first = await open('first');
    await open('second');
    await open('third');
    await pass(60_000);
    expect(leaders()).toEqual(['first']);
    first.close();
    await pass(10);
    expect(leaders()).toEqual(['second']);
    expect(tabs.map(({ leads }) => leads.length)).toEqual([1, 1, 0]);
    expect(tabs[1]?.lead?.stolen).toBe(false);
  });

  it('take the lead from one that is stopped, in less than four seconds, and it hears of it', async () => {
    const first = await open('first');
    const second = await open('second', { hesitation: 1 });
    await pass(7_300);
    first.stop();
    const waited = await untilLeads(second, 60_000);
    expect(waited).toBeGreaterThan(BEAT_MS);
    expect(waited).toBeLessThan(4_000);
    expect(second.lead?.stolen).toBe(true);
    await pass(60_000);
    first.thaw();
    await pass(10);
    expect(leaders()).toEqual(['second']);
    expect(first.leads[0]?.over.reason).toBe('stolen');
    // It waits for its turn as any other.
    second.close();
    await pass(10);
    expect(leaders()).toEqual(['first']);
    expect(first.lead?.stolen).toBe(false);
  });

  it.each([0, 0.01, 1])('have one leader soon, though all want to be it, hesitating up to %d', async (apart) => {
    const first = await open('first');
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) await open(name, { hesitation: apart * (i / 4) });
    await pass(5_000);
    first.stop();
    await pass(6_000);
    expect(leaders().filter((name) => name !== 'first')).toHaveLength(1);
    const taken = tabs.reduce((sum, { leads }) => sum + leads.length, 0);
    await pass(60_000);
    expect(tabs.reduce((sum, { leads }) => sum + leads.length, 0)).toBe(taken);
    first.thaw();
    await pass(10);
    expect(leaders()).toHaveLength(1);
  });

  it('follow a tab that was stopped while it waited for the lead', async () => {
    const first = await open('first');
    const second = await open('second');
    const third = await open('third');
    second.stop();
    await pass(100);
    first.close();
    await pass(10);
    // The lock is its turn, and it does not know.
    expect(leaders()).toEqual([]);
    expect(await untilLeads(third, 60_000)).toBeLessThan(4_000);
    second.thaw();
    await pass(2_000);
    expect(leaders()).toEqual(['third']);
    expect(second.leads).toEqual([]);
  });

  it('do not count the time in which all of them stand still', async () => {
    await open('first');
    await open('second');
    for (const tab of tabs) tab.stop();
    await pass(3_600_000);
    for (const tab of [...tabs].reverse()) tab.thaw();
    await pass(10_000);
    expect(leaders()).toEqual(['first']);
    expect(tabs.map(({ leads }) => leads.length)).toEqual([1, 0]);
  });

  it('leave the lead to a hidden tab whose timers are slow but which answers', async () => {
    const first = await open('first');
    await open('second');
    first.slowDown();
    await pass(30_000);
    expect(leaders()).toEqual(['first']);
  });

  it('that are hidden let those that are looked at go first', async () => {
    const first = await open('first');
    const hidden = await open('hidden', { visible: false });
    await pass(3_000);
    first.stop();
    await pass(SILENT_TICKS * TICK_MS + 2_000);
    expect(hidden.lead).toBeUndefined();
    expect(await untilLeads(hidden, 60_000)).toBeLessThan(SILENT_TICKS_HIDDEN * TICK_MS);
  });
});

describe('a leader that nobody looks at', () => {
  it('finishes, and hands over to a tab that is looked at, past others that wait', async () => {
    const first = await open('first');
    const second = await open('second', { visible: false });
    const third = await open('third', { visible: false });
    first.setVisible(false);
    await pass(60_000);
    expect(leaders()).toEqual(['first']);
    third.setVisible(true);
    await pass(HIDDEN_LEADER_TICKS * TICK_MS - 1_000);
    expect(leaders()).toEqual(['first']);
    await pass(3_000);
    expect(leaders()).toEqual(['third']);
    expect(first.leads[0]?.over.reason).toBe('handover');
    expect(third.lead?.stolen).toBe(false);
    expect(second.leads).toEqual([]);
  });

  it('keeps the lead when it is looked at again meanwhile', async () => {
    const first = await open('first');
    await open('second');
    for (let i = 0; i < 20; i++) {
      first.setVisible(false);
      await pass((HIDDEN_LEADER_TICKS - 3) * TICK_MS);
      first.setVisible(true);
      await pass(100);
    }
    expect(leaders()).toEqual(['first']);
  });

  it('gives the lead to whoever waits when the one who asked does not take it', async () => {
    const first = await open('first');
    const second = await open('second', { visible: false });
    first.setVisible(false);
    const term = first.lead?.term ?? 0;
    expect(term).toBeGreaterThan(0);
    first.election.heard({ type: 'yield', from: 'a tab that is gone', to: 'first' });
    await pass(3_000);
    expect(leaders()).toEqual(['second']);
    expect(second.lead?.term).toBeGreaterThan(term);
  });
});

describe('a page that the browser puts to sleep', () => {
  it('gives the lead back within the event, and follows when it wakes', async () => {
    const first = await open('first');
    await open('second');
    const lead = first.lead;
    first.sleep();
    expect(lead?.over.reason).toBe('asleep');
    first.stop();
    await pass(10);
    expect(leaders()).toEqual(['second']);
    first.thaw();
    first.wake();
    await pass(60_000);
    expect(leaders()).toEqual(['second']);
    tabs[1]?.close();
    await pass(10);
    expect(leaders()).toEqual(['first']);
  });

  it('leaves the queue, so that nobody waits for it', async () => {
    const first = await open('first');
    const second = await open('second');
    await open('third');
    second.sleep();
    second.stop();
    await pass(10);
    first.close();
    await pass(10);
    expect(leaders()).toEqual(['third']);
  });
});

describe('what tabs hear of a leader', () => {
  it('counts from the latest one alone', async () => {
    const tab = await open('first');
    tab.close();
    const follower = await open('follower', { visible: false });
    const heard = (from: string, term: number): boolean =>
      follower.election.heard({ type: 'beat', from, term, visible: true });
    await follower.lead?.release();
    follower.sleep();
    const later = (follower.leads[0]?.term ?? 0) + 10;
    expect(heard('a', later)).toBe(true);
    expect(heard('b', later + 1)).toBe(true);
    expect(heard('a', later)).toBe(false);
    expect(heard('b', later + 1)).toBe(true);
  });
});
