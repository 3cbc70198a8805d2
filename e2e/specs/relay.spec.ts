/** Two browsers that may use TURN alone, with credentials of the signaling server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOTES, noteDocuments } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { createTurnServer, startSignalingProcess } from '../fixtures/servers.ts';
import { expectConverged, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

const TOKEN = 'a-token-of-the-spec';
const SECRET = 'a secret of both servers';
/** Of a credential; the shortest that the server takes. */
const TTL_SECONDS = 10;

async function routes(peer: Peer): Promise<readonly unknown[]> {
  return ((await peer.call('status', 'notes'))?.peers ?? []).map(({ route }) => route);
}

function endOf(users: readonly string[]): number {
  return Math.max(...users.map((user) => Number(user.split(':')[0])));
}

test('two peers sync through a TURN server, and again with fresh credentials when it was lost', async ({
  launchPeer,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'rxdb-p2p-relay-'));
  const files = { tokens: join(folder, 'tokens'), secret: join(folder, 'secret') };
  await writeFile(files.tokens, TOKEN);
  await writeFile(files.secret, SECRET);
  const turn = await createTurnServer(SECRET);
  const auth = ['--tokens-file', files.tokens];
  const issuing = ['--turn-url', turn.url, '--turn-secret-file', files.secret, '--turn-ttl-seconds', `${TTL_SECONDS}`];
  const signaling = await startSignalingProcess(...auth, ...issuing);
  const peers = [await launchPeer('one'), await launchPeer('two')] as const;
  const options = { signaling: signaling.url, token: TOKEN, iceTransportPolicy: 'relay' } as const;
  try {
    await turn.start();
    for (const peer of peers) {
      await openAndSync(peer, 'through a relay', [NOTES], options);
      await peer.call('insert', 'notes', noteDocuments(peer.name, 20));
    }
    const startedAt = performance.now();
    await expectConverged('notes', peers, (documents) => documents.length === 40);
    console.log(`40 documents are the same through the relay after ${Math.round(performance.now() - startedAt)} ms`);
    for (const peer of peers) await expect.poll(() => routes(peer)).toEqual(['relay']);
    const first = turn.users();
    expect(first.length).toBeGreaterThanOrEqual(2);

    // Nothing that was given before is good any more, and the connection is still there.
    await expect.poll(() => Date.now() / 1_000).toBeGreaterThan(endOf(first) + 1);
    await peers[0].call('insert', 'notes', noteDocuments('later', 5));
    await expectConverged('notes', peers, (documents) => documents.length === 45);
    await turn.kill();
    await turn.start();
    const lostAt = performance.now();
    await peers[1].call('insert', 'notes', noteDocuments('after', 5));
    await expectConverged('notes', peers, (documents) => documents.length === 50);
    console.log(`and ${Math.round(performance.now() - lostAt)} ms after the relay was lost`);
    const second = turn.users();
    expect(second.filter((user) => first.includes(user))).toEqual([]);
    expect(Math.min(...second.map((user) => endOf([user])))).toBeGreaterThan(endOf(first));
  } finally {
    await signaling.kill();
    await turn.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
