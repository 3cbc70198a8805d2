/** Collections that must not mix: two on one topic, two versions of a schema, attachments. */
import { inVersion, NOTES, noteDocuments } from '../fixtures/data.ts';
import { expectConverged, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';
import type { CollectionSetup } from '../page/api.ts';

test('two collections on one topic stay apart', async ({ launchPeer }) => {
  const tasks: CollectionSetup = { ...NOTES, name: 'tasks' };
  const peers = [await launchPeer('a'), await launchPeer('b')] as const;
  for (const peer of peers) await openAndSync(peer, 'shared', [NOTES, tasks]);
  await peers[0].call('insert', 'notes', noteDocuments('note', 20));
  await peers[1].call('insert', 'tasks', noteDocuments('task', 30));
  const notes = await expectConverged('notes', peers, (documents) => documents.length === 20);
  const apart = await expectConverged('tasks', peers, (documents) => documents.length === 30);
  expect(notes.every(({ id }) => String(id).startsWith('note'))).toBe(true);
  expect(apart.every(({ id }) => String(id).startsWith('task'))).toBe(true);
});

test('two versions of a schema refuse each other, and write nothing, until both are the same', async ({
  launchPeer,
}) => {
  const [old, young] = [await launchPeer('old'), await launchPeer('young')];
  await openAndSync(old, 'versions', [NOTES]);
  await old.call('insert', 'notes', noteDocuments('old', 5));
  await openAndSync(young, 'versions', [inVersion(NOTES, 1)]);
  for (const peer of [old, young]) {
    await expect
      .poll(async () => (await peer.call('status', 'notes'))?.peers.map(({ phase, code }) => [phase, code]))
      .toEqual([['refused', 'SCHEMA_VERSION_DIFFERS']]);
  }
  await young.call('insert', 'notes', noteDocuments('young', 2));
  await expect.poll(async () => (await young.call('status', 'notes'))?.writesWaiting).toBe(2);
  expect(await young.call('count', 'notes')).toBe(2);
  expect(await old.call('count', 'notes')).toBe(5);

  await old.call('close');
  await old.reload();
  await openAndSync(old, 'versions', [inVersion(NOTES, 1)]);
  await expectConverged('notes', [old, young], (documents) => documents.length === 7);
});

test('a collection with attachments is refused', async ({ launchPeer }) => {
  const peer = await launchPeer('peer');
  const setup: CollectionSetup = { ...NOTES, schema: { ...NOTES.schema, attachments: {} } };
  await peer.call('open', { database: 'e2e', collections: [setup] });
  expect(await peer.codeOf('sync', 'notes', 'topic', { signaling: peer.signaling })).toBe('ATTACHMENTS_UNSUPPORTED');
});
