/** What browsers do to pages that nobody looks at: hide them, freeze them, put them aside for the way back. */
import { NOTES, noteDocuments } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { rendererOf } from '../fixtures/renderer.ts';
import { openAndSync } from '../fixtures/steps.ts';
import type { PageCalls, Tab } from '../fixtures/tab.ts';
import { expect, test } from '../fixtures/test.ts';

const TOPIC = 'lifecycle';

async function openTab(peer: Peer): Promise<Tab> {
  const tab = await peer.openTab();
  await sync(tab, peer);
  return tab;
}

async function sync(tab: PageCalls, peer: Peer): Promise<void> {
  await tab.call('open', { database: 'e2e', collections: [NOTES] });
  await tab.call('sync', 'notes', TOPIC, { signaling: peer.signaling });
}

function expectLeads(tab: PageCalls, leads = true): Promise<void> {
  return expect.poll(() => tab.call('leads', 'notes'), { intervals: [50] }).toBe(leads);
}

/** What is written in a tab arrives at the peer. */
async function expectArrives(tab: PageCalls, peer: Peer, prefix: string): Promise<void> {
  const before = await peer.call('count', 'notes');
  await tab.call('insert', 'notes', noteDocuments(prefix, 3));
  await expect.poll(() => peer.call('count', 'notes')).toBe(before + 3);
}

/** Headless browsers show all pages: what the page is told, and nothing more. */
async function setVisible({ page }: Tab, visible: boolean): Promise<void> {
  await page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
      document.dispatchEvent(new Event('visibilitychange'));
    },
    visible ? 'visible' : 'hidden',
  );
}

test('every tab shows the same pool, whichever leads', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, TOPIC, [NOTES]);
  const [leader, follower] = [await openTab(a), await openTab(a)];
  await expectArrives(follower, b, 'written');
  await follower.call('inSync', 'notes');
  expect(await leader.call('leads', 'notes')).toBe(true);
  expect(await follower.call('leads', 'notes')).toBe(false);
  await expect(async () => {
    const shown = await leader.call('status', 'notes');
    expect(shown?.phase).toBe('in-sync');
    expect(await follower.call('status', 'notes')).toEqual(shown);
  }).toPass();

  await b.call('patch', 'notes', 'written000000', { text: 'from b' });
  await leader.call('patch', 'notes', 'written000001', { text: 'from the leader' });
  await follower.call('inSync', 'notes');
  expect(await follower.call('read', 'notes')).toEqual(await b.call('read', 'notes'));
  await b.close();
  await expect.poll(async () => (await follower.call('status', 'notes'))?.phase, { timeout: 60_000 }).toBe('alone');
});

test('a page that is told of its freeze gives the lead back within the event', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, TOPIC, [NOTES]);
  const [first, second] = [await openTab(a), await openTab(a)];
  await expectLeads(first);
  const pid = await rendererOf(first.page.context(), first.page);
  // Chromium freezes no page that is seen or holds a lock, not even by its protocol: so the event, and then a real stop.
  await first.page.evaluate(() => void document.dispatchEvent(new Event('freeze')));
  process.kill(pid, 'SIGSTOP');
  const frozenAt = Date.now();
  await expectLeads(second);
  const leadsMs = Date.now() - frozenAt;
  console.log(`    another tab leads ${leadsMs} ms after the freeze`);
  await expectArrives(second, b, 'frozen');
  process.kill(pid, 'SIGCONT');
  await first.page.evaluate(() => void document.dispatchEvent(new Event('resume')));
  await expectArrives(first, b, 'thawed');
  expect(await first.call('leads', 'notes')).toBe(false);
  expect(await first.call('errorCodes', 'notes')).toEqual([]);
  await second.close();
  await expectLeads(first);
  await expectArrives(first, b, 'again');
  await b.call('cancel', 'notes');
  // Nobody took the lead away: the writes of all leads have one author.
  expect(Object.keys((await b.call('journal', 'notes')).vector)).toHaveLength(1);
});

test('a hidden leader hands over to a tab that is looked at', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, TOPIC, [NOTES]);
  const [first, second] = [await openTab(a), await openTab(a)];
  await expectLeads(first);
  await setVisible(second, false);
  await setVisible(first, false);
  await setVisible(second, true);
  const shownAt = Date.now();
  await expectLeads(second);
  console.log(`    the visible tab leads after ${Date.now() - shownAt} ms`);
  await expectArrives(first, b, 'hidden');
  await second.call('inSync', 'notes');
  await b.call('cancel', 'notes');
  // A clean end: the writes of both leads have one author.
  expect(Object.keys((await b.call('journal', 'notes')).vector)).toHaveLength(1);
});

test('a page that is left for another one, and comes back', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, TOPIC, [NOTES]);
  const [first, second] = [await openTab(a), await openTab(a)];
  await expectLeads(first);
  await first.page.goto('about:blank');
  await expectLeads(second);
  await expectArrives(second, b, 'left');
  await first.page.goBack();
  // Kept for the way back, or loaded again: browsers decide that.
  const kept = await first.page.evaluate(() => 'peer' in window && document.readyState === 'complete');
  expect(kept).toBe(true);
  if ((await first.codeOf('count', 'notes').catch(() => 'open')) !== 'open') await sync(first, a);
  await expectArrives(first, b, 'back');
  await second.close();
  await expectLeads(first);
  await expectArrives(first, b, 'leads');
});
