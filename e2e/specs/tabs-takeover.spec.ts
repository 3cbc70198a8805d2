/**
 * Four tabs of one profile write while the leading one is closed, killed, and stopped. Every write arrives exactly once at
 * a peer in another browser, and another tab leads within seconds. `npm run soak:tabs` does it twenty times, with stops of a
 * minute.
 */
import { NOTES } from '../fixtures/data.ts';
import { openAndSync } from '../fixtures/steps.ts';
import { createTabGroup, type Ending, type Takeover } from '../fixtures/tab-group.ts';
import { expect, test } from '../fixtures/test.ts';

const ROUNDS = Number(process.env['TABS_ROUNDS'] ?? 1);
const STOP_MS = Number(process.env['TABS_STOP_SECONDS'] ?? 10) * 1_000;
const ENDINGS: readonly Ending[] = ['closed', 'killed', 'stopped'];

/** From the end of the leader, or from when the browser has aborted its transaction. */
const MAX_TAKEOVER_MS = 5_000;
/** Storage that answers later than this was kept from it by the stopped page's transaction; otherwise it takes milliseconds. */
const BLOCKED_MS = 2_000;

/** What the tab was late, beyond what the browser kept the storage from everybody. */
function latenessOf({ arrivesMs, storageMs }: Takeover): number {
  return storageMs > BLOCKED_MS ? arrivesMs - storageMs : arrivesMs;
}

function print(takeovers: readonly Takeover[]): void {
  for (const ending of ENDINGS) {
    const ofEnding = takeovers.filter((takeover) => takeover.ending === ending);
    const blocked = ofEnding.filter(({ storageMs }) => storageMs > BLOCKED_MS);
    const list = (numbers: readonly number[]): string => [...numbers].sort((a, b) => a - b).join(' ');
    console.log(`    ${ending}, ${ofEnding.length} times: leads after ${list(ofEnding.map((t) => t.leadsMs))} ms`);
    console.log(`      a write arrives after ${list(ofEnding.map(latenessOf))} ms`);
    console.log(
      `      storage blocked by its transaction ${blocked.length} times: ${list(blocked.map((t) => t.storageMs))} ms`,
    );
  }
}

test(`every write of four tabs arrives once while the leader is closed, killed and stopped, ${ROUNDS} rounds`, async ({
  launchPeer,
}) => {
  test.setTimeout(120_000 + ROUNDS * (STOP_MS + 240_000));
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, 'takeover', [NOTES]);
  const group = await createTabGroup(a, b, 'takeover');
  const takeovers: Takeover[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const ending of ENDINGS) {
      await group.fill();
      const takeover = await group.takeOver(ending, STOP_MS);
      takeovers.push(takeover);
      if (ROUNDS > 1) console.log(`    round ${round + 1}: ${JSON.stringify(takeover)}`);
    }
  }
  print(takeovers);
  const acknowledged = await group.stopWriting();
  const failed = a.consoleLines.filter((line) => line.startsWith('not written'));
  console.log(`    ${failed.length} writes that the browser aborted, of the stopped page itself`);

  await Promise.all(group.tabs.map((tab) => tab.call('inSync', 'notes')));
  await expect.poll(async () => (await b.call('status', 'notes'))?.phase).toBe('in-sync');
  const [tab] = group.tabs;
  const documents = await b.call('read', 'notes');
  expect(await tab?.call('read', 'notes')).toEqual(documents);
  const ids = new Set(documents.map(({ id }) => String(id)));
  expect(
    [...acknowledged].filter((id) => !ids.has(id)),
    'acknowledged, and not at the peer',
  ).toEqual([]);

  // Each was written once, arrived in one event, and is one write of one name.
  const arrivals = await b.call('arrivals', 'notes', 0);
  expect(arrivals.filter(({ operation }) => operation !== 'INSERT')).toEqual([]);
  expect(arrivals.length).toBe(ids.size);
  await b.call('cancel', 'notes');
  const { vector, heads } = await b.call('journal', 'notes');
  const names = Object.values(heads).flat();
  expect(names.length, 'versions').toBe(ids.size);
  expect(new Set(names).size, 'names of versions').toBe(ids.size);
  const minted = Object.values(vector).reduce((sum, seq) => sum + seq, 0);
  expect(minted, 'writes that were given a name').toBe(ids.size);
  const incarnations = Object.keys(vector).length;
  console.log(`    ${ids.size} writes, ${minted} names in ${incarnations} incarnations, ${arrivals.length} arrivals`);
  for (const takeover of takeovers)
    expect(latenessOf(takeover), JSON.stringify(takeover)).toBeLessThan(MAX_TAKEOVER_MS);
});
