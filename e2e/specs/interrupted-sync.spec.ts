/**
 * A long first sync that is interrupted again and again goes on where it was. `npm run soak:sync` takes 100,000 documents and
 * 10 interruptions.
 */
import { NOTES } from '../fixtures/data.ts';
import { heldBytes, watchMemory } from '../fixtures/memory.ts';
import type { Peer } from '../fixtures/peer.ts';
import { openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

const DOCUMENTS = Number(process.env['SYNC_DOCUMENTS'] ?? 10_000);
const INTERRUPTIONS = Number(process.env['SYNC_INTERRUPTIONS'] ?? 4);

/** Documents of 1 KB that may be under way when a device stops, and are sent again: 1.1 times 100,000 with 10 stops. */
const MAX_SENT_AGAIN = 1_000;
/** What a page may hold for each document once garbage is collected, bytes: a record of the journal, and no content. */
const MAX_HELD_BYTES = 2_048;
/** What a page takes of the machine at most, times that of inserting the documents: garbage comes faster than it is collected. */
const MAX_PEAK_RATIO = 4;

const MB = 1024 * 1024;
/** What the plugin itself takes, with its libraries and connections. */
const PAGE_BYTES = 20 * MB;

const inMB = (bytes: number): string => `${Math.round(bytes / MB)} MB`;

declare global {
  interface Window {
    /** Contents of documents that this page has put on its data channels. */
    sentBodies: number;
  }
}

/** Runs in the sender's page before all else. Every note has one title, in clear inside its frame. */
function countBodies(): void {
  const MARK = '"title":"note ';
  const latin = new TextDecoder('latin1');
  const ends = new WeakMap<RTCDataChannel, string>();
  window.sentBodies = 0;
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: unknown) => void;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown): void {
    if (ArrayBuffer.isView(data)) {
      const text = (ends.get(this) ?? '') + latin.decode(data);
      for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at + 1)) window.sentBodies++;
      ends.set(this, text.slice(1 - MARK.length));
    }
    send.call(this, data);
  };
}

/** Ways in which a device stops in the middle of a sync. */
const WAYS: readonly ((peer: Peer) => Promise<void>)[] = [
  async (peer) => {
    await peer.kill();
    await peer.relaunch();
  },
  (peer) => peer.reload(),
  (peer) => peer.call('close'),
];

test(`${DOCUMENTS} documents, interrupted ${INTERRUPTIONS} times: each goes on where it was`, async ({
  launchPeer,
}) => {
  test.setTimeout(60_000 + DOCUMENTS * 12);
  const [a, b] = [await launchPeer('a', { before: countBodies }), await launchPeer('b')];
  const memoryOfA = await watchMemory(a);
  await a.call('open', { database: 'e2e', collections: [NOTES] });
  const inserting = await a.call('insertNotes', 'notes', 'n', DOCUMENTS);
  const insertPeak = memoryOfA.peak;
  const heldBefore = await heldBytes(a);
  // As any device that has them already: what making them has left is gone.
  await a.call('sync', 'notes', 'interrupted', { signaling: a.signaling });
  await memoryOfA.reset();

  const startedAt = performance.now();
  const memoryOfB = await watchMemory(b);
  let peakOfB = 0;
  const counts: number[] = [];
  for (let round = 1; round <= INTERRUPTIONS; round++) {
    await openAndSync(b, 'interrupted', [NOTES]);
    const enough = Math.round((DOCUMENTS * round) / (INTERRUPTIONS + 1));
    const timeout = 30_000 + DOCUMENTS * 5;
    // First: documents of the round before may be enough already, and this one has to be interrupted as well.
    const isCatchingUp = async (): Promise<boolean> => {
      const status = await b.call('status', 'notes');
      return status?.phase === 'in-sync' || (status?.progress?.documentsTotal ?? 0) > 0;
    };
    await expect.poll(isCatchingUp, { intervals: [50], timeout }).toBe(true);
    await expect.poll(() => b.call('count', 'notes'), { intervals: [50], timeout }).toBeGreaterThanOrEqual(enough);
    counts.push(await b.call('count', 'notes'));
    peakOfB = Math.max(peakOfB, memoryOfB.peak);
    await WAYS[(round - 1) % WAYS.length]?.(b);
    await memoryOfB.reset();
  }
  await openAndSync(b, 'interrupted', [NOTES]);
  await expect
    .poll(async () => (await b.call('status', 'notes'))?.phase, { timeout: 60_000 + DOCUMENTS * 5 })
    .toBe('in-sync');
  const seconds = (performance.now() - startedAt) / 1_000;
  peakOfB = Math.max(peakOfB, memoryOfB.peak);
  const peakOfA = memoryOfA.peak;
  for (const watch of [memoryOfA, memoryOfB]) watch.stop();
  const held = [await heldBytes(a), await heldBytes(b)];

  const bodies = await a.page.evaluate(() => window.sentBodies);
  const [digestA, digestB] = await Promise.all([a.call('digest', 'notes'), b.call('digest', 'notes')]);
  const peaks = [insertPeak, peakOfA, peakOfB].map((peak) => Math.round(peak / MB));
  console.log(
    [
      `${DOCUMENTS} documents, interrupted ${INTERRUPTIONS} times at ${counts.join(', ')} documents`,
      `bodies sent ${bodies}: ${(bodies / DOCUMENTS).toFixed(3)} times`,
      `bulkInsert ${(inserting / 1_000).toFixed(1)} s, sync with all interruptions ${seconds.toFixed(1)} s`,
      `peak of the page's process: bulkInsert ${peaks[0]} MB, sender ${peaks[1]} MB, receiver ${peaks[2]} MB`,
      `held after garbage collection: bulkInsert ${inMB(heldBefore)}, sender ${held.map(inMB).join(', receiver ')}`,
    ].join('\n'),
  );
  expect(await b.call('count', 'notes')).toBe(DOCUMENTS);
  expect(digestB).toBe(digestA);
  expect(bodies).toBeGreaterThanOrEqual(DOCUMENTS);
  expect(bodies).toBeLessThanOrEqual(DOCUMENTS + INTERRUPTIONS * MAX_SENT_AGAIN);
  for (const peak of [peakOfA, peakOfB]) expect(peak).toBeLessThanOrEqual(insertPeak * MAX_PEAK_RATIO);
  for (const bytes of held) expect(bytes - heldBefore).toBeLessThanOrEqual(PAGE_BYTES + DOCUMENTS * MAX_HELD_BYTES);
});
