/** Both sides edit while one of them is cut off, and come together again. */
import { NOTES, sortedBy } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { expectConverged, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';
import type { PlainDocument } from '../page/api.ts';

const START: readonly PlainDocument[] = ['both-fields', 'same-field', 'edit-or-delete'].map((id) => ({
  id,
  title: 'start',
  text: 'start',
  done: false,
}));

type LaunchPeer = (name: string, setup?: { canBeCut?: boolean }) => Promise<Peer>;

async function twoInSync(launchPeer: LaunchPeer): Promise<readonly [Peer, Peer]> {
  const peers = [await launchPeer('a', { canBeCut: true }), await launchPeer('b')] as const;
  for (const peer of peers) await openAndSync(peer, 'offline', [NOTES]);
  await peers[0].call('insert', 'notes', START);
  await expectConverged('notes', peers, (documents) => documents.length === START.length);
  return peers;
}

async function editOnBothSides(a: Peer, b: Peer): Promise<void> {
  await a.call('patch', 'notes', 'both-fields', { title: 'title of a' });
  await b.call('patch', 'notes', 'both-fields', { text: 'text of b' });
  await a.call('patch', 'notes', 'same-field', { title: 'title of a' });
  await b.call('patch', 'notes', 'same-field', { title: 'title of b' });
  await a.call('remove', 'notes', 'edit-or-delete');
  await b.call('patch', 'notes', 'edit-or-delete', { text: 'edited by b' });
}

const byId = (documents: readonly PlainDocument[], id: string): PlainDocument | undefined =>
  documents.find((document) => document['id'] === id);

async function expectMerged(peers: readonly [Peer, Peer]): Promise<void> {
  const merged = await expectConverged('notes', peers, (documents) => {
    const both = byId(documents, 'both-fields');
    return both?.['title'] === 'title of a' && both['text'] === 'text of b';
  });
  expect(['title of a', 'title of b']).toContain(byId(merged, 'same-field')?.['title']);
  // An edit beats a concurrent delete.
  expect(byId(merged, 'edit-or-delete')).toMatchObject({ text: 'edited by b' });

  for (const peer of peers) {
    await expect
      .poll(async () => sortedBy('id', await peer.call('contested', 'notes')))
      .toEqual([
        { id: 'edit-or-delete', fields: [], editAgainstDelete: true },
        { id: 'same-field', fields: ['title'], editAgainstDelete: false },
      ]);
    const versions = await peer.call('conflictVersions', 'notes', 'same-field');
    expect(versions.map(({ document }) => document['title']).sort()).toEqual(['title of a', 'title of b']);
  }

  // Someone decides, and the other side hears of it.
  await peers[1].call('patch', 'notes', 'same-field', { title: 'decided' });
  await peers[0].call('patch', 'notes', 'edit-or-delete', { text: 'kept' });
  await expectConverged('notes', peers, (documents) => byId(documents, 'same-field')?.['title'] === 'decided');
  for (const peer of peers) {
    await expect.poll(() => peer.call('contested', 'notes')).toEqual([]);
    expect(await peer.call('conflictVersions', 'notes', 'same-field')).toEqual([]);
  }
}

test('a short cut: the connection survives, and the edits meet', async ({ launchPeer }) => {
  const peers = await twoInSync(launchPeer);
  const [a, b] = peers;
  await a.cut();
  await editOnBothSides(a, b);
  expect((await b.call('read', 'notes')).map((document) => document['title'])).not.toContain('title of a');
  await a.mend();
  await expectMerged(peers);
});

test('a long cut: the connection is given up, and made again', async ({ launchPeer }) => {
  const peers = await twoInSync(launchPeer);
  const [a, b] = peers;
  await a.cut();
  await editOnBothSides(a, b);
  for (const peer of peers) {
    await expect.poll(async () => (await peer.call('status', 'notes'))?.peers.length, { timeout: 60_000 }).toBe(0);
    expect((await peer.call('status', 'notes'))?.writesWaiting).toBeGreaterThan(0);
  }
  await a.mend();
  await expectMerged(peers);
});
