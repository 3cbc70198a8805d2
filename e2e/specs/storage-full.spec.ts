/** The quota of a device is used up in the middle of its first sync; then there is room again. */
import { createHash } from 'node:crypto';
import { NOTES, noteDocuments, sortedBy } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { expectSameDocuments } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';
import type { PlainDocument } from '../page/api.ts';

const DOCUMENTS = 10_000;
/** A part of the 10 MB. */
const ROOM_BYTES = 5 * 1024 * 1024;
/** Enough for the application's empty database alone. */
const LITTLE_ROOM_BYTES = 13_000;

/** As large as those of other specs, of texts that the browser's database cannot press into less. */
const notes: readonly PlainDocument[] = noteDocuments('n', DOCUMENTS).map((note) => {
  return { ...note, text: digits(String(note['id'])) };
});

function digits(seed: string): string {
  const blocks = Array.from({ length: 22 }, (_, i) => createHash('sha256').update(`${seed} ${i}`).digest('base64url'));
  return blocks.join('');
}

/** @param room bytes beyond what the page stores now; undefined: what the browser gives by itself */
async function setRoom({ page }: Peer, room: number | undefined): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin });
  await devtools.send('Storage.overrideQuotaForOrigin', {
    origin,
    ...(room === undefined ? {} : { quotaSize: Math.round(usage + room) }),
  });
}

test('pauses with a code while there is no room, and goes on when there is', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await a.call('open', { database: 'e2e', collections: [NOTES] });
  await a.call('insert', 'notes', notes);
  await a.call('sync', 'notes', 'full', { signaling: a.signaling });

  // Before its first write: Chromium remembers for half a minute how much room there was.
  await setRoom(b, ROOM_BYTES);
  await b.call('open', { database: 'e2e', collections: [NOTES] });
  await b.call('sync', 'notes', 'full', { signaling: b.signaling });
  await expect.poll(async () => (await b.call('status', 'notes'))?.phase, { intervals: [20] }).toBe('paused');
  const paused = await b.call('status', 'notes');
  expect(paused).toMatchObject({ notInSync: 'storage', problem: { code: 'STORAGE_FULL' } });
  const before = await b.call('count', 'notes');
  console.log(`paused with ${before} of ${DOCUMENTS} documents, after ${JSON.stringify(paused?.problem)}`);
  expect(before).toBeLessThan(DOCUMENTS);
  // It tries again, and stays as it is.
  await expect.poll(async () => (await b.call('errorCodes', 'notes')).length).toBeGreaterThan(2);
  expect(new Set(await b.call('errorCodes', 'notes'))).toEqual(new Set(['STORAGE_FULL']));

  await setRoom(b, undefined);
  await Promise.all([a.call('inSync', 'notes'), b.call('inSync', 'notes')]);
  expectSameDocuments(await b.call('read', 'notes'), sortedBy('id', notes));
  const after = await b.call('status', 'notes');
  expect(after).toMatchObject({ phase: 'in-sync' });
  expect(after?.problem).toBeUndefined();
});

test('a device that has no room for the plugin itself takes part once there is', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await a.call('open', { database: 'e2e', collections: [NOTES] });
  await a.call('insert', 'notes', noteDocuments('n', 10));
  await a.call('sync', 'notes', 'full', { signaling: a.signaling });
  await setRoom(b, LITTLE_ROOM_BYTES);
  await b.call('open', { database: 'e2e', collections: [NOTES] });
  await b.call('sync', 'notes', 'full', { signaling: b.signaling });
  await expect.poll(async () => (await b.call('status', 'notes'))?.problem?.code).toBe('STORAGE_FULL');
  expect(await b.call('status', 'notes')).toMatchObject({ phase: 'paused', notInSync: 'storage' });
  await setRoom(b, undefined);
  await b.call('inSync', 'notes');
  expect(await b.call('count', 'notes')).toBe(10);
});
