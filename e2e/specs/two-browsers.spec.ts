/** Two people, two browsers: a real data set and ten thousand documents, in both directions and after reloads. */
import { COUNTRIES, countryDocuments, NOTES, noteDocuments, sortedBy } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { expectSameDocuments, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

const NOTE_COUNT = 10_000;
/** What the second browser adds, so that documents go the other way too. */
const ANSWER_COUNT = 1_000;
const TOPIC = 'family';
const COLLECTIONS = [COUNTRIES, NOTES] as const;

async function settled(...peers: readonly Peer[]): Promise<void> {
  for (const { name } of COLLECTIONS) await Promise.all(peers.map((peer) => peer.call('inSync', name)));
}

test('countries and 10,000 documents are the same on both sides, both ways, after reloads too', async ({
  launchPeer,
}) => {
  const [a, b] = await Promise.all([launchPeer('a'), launchPeer('b')]);
  const time = async (what: string, work: () => Promise<void>): Promise<void> => {
    const startedAt = performance.now();
    await work();
    console.log(`    ${what}: ${Math.round(performance.now() - startedAt)} ms`);
  };
  const notes = noteDocuments('a', NOTE_COUNT);
  const answers = noteDocuments('b', ANSWER_COUNT);

  await a.call('open', { database: 'e2e', collections: COLLECTIONS });
  await a.call('insert', 'countries', countryDocuments);
  const insertMs = await a.call('insert', 'notes', notes);
  console.log(`    the page's own bulkInsert of ${NOTE_COUNT} documents of 1 KB: ${Math.round(insertMs)} ms`);
  for (const { name } of COLLECTIONS) await a.call('sync', name, TOPIC, { signaling: a.signaling });

  await time('first sync into an empty browser', async () => {
    await openAndSync(b, TOPIC, COLLECTIONS);
    await settled(a, b);
  });
  expectSameDocuments(await b.call('read', 'countries'), sortedBy('cca3', countryDocuments));
  expectSameDocuments(await b.call('read', 'notes'), sortedBy('id', notes));

  await time(`${ANSWER_COUNT} documents back`, async () => {
    await b.call('insert', 'notes', answers);
    await b.call('patch', 'countries', 'ISL', { capital: ['Reykjavík ❄️'] });
    await expect.poll(() => a.call('count', 'notes')).toBe(NOTE_COUNT + ANSWER_COUNT);
    await settled(a, b);
  });
  const allNotes = sortedBy('id', [...notes, ...answers]);
  expectSameDocuments(await a.call('read', 'notes'), allNotes);
  expectSameDocuments(await a.call('read', 'countries'), await b.call('read', 'countries'));

  for (const peer of [a, b]) {
    await peer.reload();
    await time(`in sync again after ${peer.name} reloaded`, async () => {
      await openAndSync(peer, TOPIC, COLLECTIONS);
      await settled(a, b);
    });
    for (const side of [a, b]) expectSameDocuments(await side.call('read', 'notes'), allNotes);
    expectSameDocuments(await a.call('read', 'countries'), await b.call('read', 'countries'));
  }
});
