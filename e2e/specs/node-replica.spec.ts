/** A server-side replica: a Node process with its documents on files is a peer like any other. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTopicSecret } from 'rxdb-p2p';
import { NOTES, noteDocuments, sortedBy } from '../fixtures/data.ts';
import { type NodeReplica, startNodeReplica } from '../fixtures/node-replica.ts';
import type { Peer } from '../fixtures/peer.ts';
import { expectSameDocuments, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

const TOPIC = 'with a server';
/** Each file is one document, so this takes seconds. */
const COUNT = 300;
/** From the answer to `close` to the end of the process: nothing may be left that holds it. */
const EXIT_WITHIN_MS = 5_000;

async function expectEqual(node: NodeReplica, page: Peer, count: number): Promise<void> {
  await expect.poll(async () => [await node.call('count'), await page.call('count', 'notes')]).toEqual([count, count]);
  await Promise.all([node.call('inSync'), page.call('inSync', 'notes')]);
  expectSameDocuments(await node.call('read'), await page.call('read', 'notes'));
}

async function expectCleanExit(node: NodeReplica): Promise<void> {
  expect(await node.call('problems')).toEqual([]);
  await node.call('close');
  const closedAt = performance.now();
  expect(await node.ended, node.errors).toBe(0);
  const took = performance.now() - closedAt;
  console.log(`the Node process ended ${Math.round(took)} ms after its database was closed`);
  expect(took).toBeLessThan(EXIT_WITHIN_MS);
  expect(node.errors).toBe('');
}

test('a Node replica and a browser hold the same documents, both ways and after a restart; Node exits by itself', async ({
  launchPeer,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'rxdb-p2p-node-'));
  const page = await launchPeer('page');
  // Both ends of each connection prove the secret and their certificates to each other.
  const secret = createTopicSecret();
  const running: NodeReplica[] = [];
  const start = (): NodeReplica => {
    const node = startNodeReplica(folder, page.signaling, TOPIC, secret);
    running.push(node);
    return node;
  };
  try {
    const ofPage = noteDocuments('page', COUNT);
    const ofNode = noteDocuments('node', COUNT);
    await openAndSync(page, TOPIC, [NOTES], { secret });
    await page.call('insert', 'notes', ofPage);
    const first = start();
    expect(await first.call('insert', ofNode)).toBe(0);
    await expectEqual(first, page, 2 * COUNT);
    expectSameDocuments(await first.call('read'), sortedBy('id', [...ofPage, ...ofNode]));
    await first.call('patch', { id: 'page000000', changes: { title: 'changed in Node' } });
    await page.call('patch', 'notes', 'node000000', { title: 'changed in the page' });
    await first.call('remove', 'page000001');
    await page.call('remove', 'notes', 'node000001');
    await expectEqual(first, page, 2 * COUNT - 2);
    const titles = (await first.call('read'))
      .map(({ title }) => title)
      .filter((title) => /changed/.test(String(title)));
    expect(titles).toEqual(['changed in the page', 'changed in Node']);
    await expectCleanExit(first);

    await page.call('insert', 'notes', noteDocuments('while-away', 10));
    const second = start();
    await expectEqual(second, page, 2 * COUNT + 8);
    await expectCleanExit(second);
  } finally {
    for (const node of running) node.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
