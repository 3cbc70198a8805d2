/** Several tabs of one browser are one replica: one leads, the others show the same, and take over. */
import { NOTES, noteDocuments } from '../fixtures/data.ts';
import { expectConverged, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

test('what is written in any tab arrives, and the other tab takes over when the leading one closes', async ({
  launchPeer,
}) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, 'tabs', [NOTES]);
  await openAndSync(a, 'tabs', [NOTES]);
  const second = await a.openTab();
  await second.call('open', { database: 'e2e', collections: [NOTES] });
  await second.call('sync', 'notes', 'tabs', { signaling: a.signaling });

  await second.call('insert', 'notes', noteDocuments('second', 5));
  await expectConverged('notes', [a, b], (documents) => documents.length === 5);
  // Two tabs are one replica: the other side sees one peer.
  expect((await b.call('status', 'notes'))?.peers.length).toBe(1);

  await a.page.close();
  await second.call('insert', 'notes', noteDocuments('alone', 5));
  await b.call('insert', 'notes', noteDocuments('back', 5));
  await expect.poll(() => b.call('count', 'notes')).toBe(15);
  await expect.poll(() => second.call('count', 'notes')).toBe(15);
});
