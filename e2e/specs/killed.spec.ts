/** A browser that is killed in the middle of its work loses nothing that was acknowledged, and invents nothing. */
import { NOTES, noteDocuments, sortedBy } from '../fixtures/data.ts';
import { expectConverged, expectSameDocuments, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';
import { ACKNOWLEDGED } from '../page/api.ts';

/** Kills at several moments: a write has its document and its journal segment, and either may be the last on disk. */
const ROUNDS = 4;
const WRITES_PER_ROUND = 40;

test('killed while writing, restarted: every acknowledged document is on both sides', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await openAndSync(b, 'killed', [NOTES]);
  for (let round = 0; round < ROUNDS; round++) {
    await openAndSync(a, 'killed', [NOTES]);
    const before = a.consoleLines.length;
    await a.call('writeForEver', 'notes', `round${round}-`);
    await expect.poll(() => a.consoleLines.length).toBeGreaterThan(before + WRITES_PER_ROUND);
    await a.kill();
    await a.relaunch();
  }
  await openAndSync(a, 'killed', [NOTES]);
  const acknowledged = a.consoleLines
    .filter((line) => line.startsWith(ACKNOWLEDGED))
    .map((line) => line.slice(ACKNOWLEDGED.length));

  const documents = await expectConverged('notes', [a, b], (all) => {
    const ids = new Set(all.map(({ id }) => id));
    return acknowledged.every((id) => ids.has(id));
  });
  // Writes of the last moment may be stored without a word on the console, but each round's come one after the other.
  for (let round = 0; round < ROUNDS; round++) {
    const prefix = `round${round}-`;
    const numbers = documents.map(({ id }) => String(id)).filter((id) => id.startsWith(prefix));
    expect(numbers).toEqual(numbers.map((_, index) => prefix + String(index).padStart(6, '0')));
  }
  for (const document of documents) expect(document).toEqual({ id: document['id'], text: `text of ${document['id']}` });
  expect(await a.call('contested', 'notes')).toEqual([]);
  expect(await b.call('contested', 'notes')).toEqual([]);
});

test('killed while receiving, restarted: the rest comes', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  const notes = noteDocuments('n', 10_000);
  await a.call('open', { database: 'e2e', collections: [NOTES] });
  await a.call('insert', 'notes', notes);
  await a.call('sync', 'notes', 'killed', { signaling: a.signaling });
  await openAndSync(b, 'killed', [NOTES]);
  await expect.poll(() => b.call('count', 'notes'), { intervals: [20] }).toBeGreaterThan(0);
  await b.kill();
  await b.relaunch();
  await openAndSync(b, 'killed', [NOTES]);
  await expect.poll(() => b.call('count', 'notes')).toBe(notes.length);
  await Promise.all([a.call('inSync', 'notes'), b.call('inSync', 'notes')]);
  expectSameDocuments(await b.call('read', 'notes'), sortedBy('id', notes));
  expectSameDocuments(await a.call('read', 'notes'), sortedBy('id', notes));
});
