/** Two real browsers prove themselves to each other: what that costs, and that Chromium and Firefox agree on everything. */
import { createTopicSecret } from 'rxdb-p2p';
import { NOTES, noteDocuments } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

/** Of one side, with a secret of 32 bytes, milliseconds of CPU; the first one in a page has everything to compile. */
const MAX_CPU_MS = 50;
const WARM = 20;

/** CPU of the page's main thread so far, milliseconds. */
async function createCpuClock({ page }: Peer): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
}

test('a handshake takes less than 50 ms of CPU on each side, the first one in a page too', async ({ launchPeer }) => {
  const peer = await launchPeer('alone');
  const cpu = await createCpuClock(peer);
  const marks = [await cpu()];
  for (const count of [0, 1, WARM]) {
    expect(await peer.call('handshakes', count)).toBe(count);
    marks.push(await cpu());
  }
  const [load = 0, first = 0, warm = 0] = marks.slice(1).map((mark, i) => mark - (marks[i] ?? 0));
  const ofOne = { load, first: first / 2, warm: warm / (2 * WARM) };
  const shown = Object.entries(ofOne).map(([what, ms]) => `${what} ${ms.toFixed(1)}`);
  console.log(`    CPU of one side of a handshake in Chromium, ms: ${shown.join(', ')}`);
  expect(ofOne.first).toBeGreaterThan(0);
  expect(ofOne.load + ofOne.first).toBeLessThan(MAX_CPU_MS);
  expect(ofOne.warm).toBeLessThan(MAX_CPU_MS);
});

test('Chromium and Firefox', async ({ launchPeer, launchFirefox }) => {
  const secret = createTopicSecret();
  const [chromium, firefox] = [await launchPeer('chromium'), await launchFirefox('firefox')];
  for (const peer of [chromium, firefox]) await openAndSync(peer, 'browsers', [NOTES], { secret });
  await chromium.call('insert', 'notes', noteDocuments('chromium', 20));
  await firefox.call('insert', 'notes', noteDocuments('firefox', 20));
  for (const peer of [chromium, firefox]) {
    await expect.poll(() => peer.call('count', 'notes')).toBe(40);
    await peer.call('inSync', 'notes');
    expect(await peer.call('errorCodes', 'notes')).toEqual([]);
  }
  expect(await firefox.call('digest', 'notes')).toBe(await chromium.call('digest', 'notes'));
});
