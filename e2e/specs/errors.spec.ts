/** What goes wrong says so, with a code; what can recover does. */
import { NOTES, noteDocuments } from '../fixtures/data.ts';
import type { Peer } from '../fixtures/peer.ts';
import { expectConverged, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

/** What the person who looks at the pool's status is told; undefined once all is well. */
async function expectProblem(peer: Peer, code: string | undefined): Promise<void> {
  await expect.poll(async () => (await peer.call('status', 'notes'))?.problem?.code).toBe(code);
}

const DATABASE = { database: 'e2e', collections: [NOTES] } as const;

test('a wrong signaling URL is refused at once', async ({ launchPeer }) => {
  const peer = await launchPeer('peer');
  await peer.call('open', DATABASE);
  for (const signaling of ['', 'not a url', 'ftp://127.0.0.1/']) {
    expect(await peer.codeOf('sync', 'notes', 'topic', { signaling })).toBe('SIGNALING_URL_INVALID');
  }
});

test('without an option, a page whose origin has no signaling server hears that it is missing', async ({
  launchPeer,
}) => {
  const peer = await launchPeer('peer');
  await peer.call('open', DATABASE);
  await peer.call('sync', 'notes', 'topic');
  await expect.poll(() => peer.call('errorCodes', 'notes')).toContain('SIGNALING_NOT_FOUND');
  await expectProblem(peer, 'SIGNALING_NOT_FOUND');
});

test('a server that is down at start: the pool says so, works locally, and recovers', async ({
  launchPeer,
  signaling,
}) => {
  await signaling.stop();
  const peers = [await launchPeer('a'), await launchPeer('b')] as const;
  for (const peer of peers) {
    await openAndSync(peer, 'late', [NOTES]);
    await peer.call('insert', 'notes', noteDocuments(peer.name, 3));
    await expect.poll(() => peer.call('errorCodes', 'notes')).toContain('SIGNALING_UNREACHABLE');
    await expectProblem(peer, 'SIGNALING_UNREACHABLE');
  }
  await signaling.start();
  await expectConverged('notes', peers, (documents) => documents.length === 6);
  for (const peer of peers) await expectProblem(peer, undefined);
});

test('a server that goes away and comes back leaves the connection of two peers alone', async ({
  launchPeer,
  signaling,
}) => {
  const peers = [await launchPeer('a'), await launchPeer('b')] as const;
  for (const peer of peers) await openAndSync(peer, 'outage', [NOTES]);
  await peers[0].call('inSync', 'notes');
  await signaling.stop();
  await peers[0].call('insert', 'notes', noteDocuments('during', 2));
  await expectConverged('notes', peers, (documents) => documents.length === 2);
  await signaling.start();
  const late = await launchPeer('late');
  await openAndSync(late, 'outage', [NOTES]);
  await expectConverged('notes', [peers[0], late], (documents) => documents.length === 2);
});

test('a topic must be a string that says something', async ({ launchPeer }) => {
  const peer = await launchPeer('peer');
  await peer.call('open', DATABASE);
  for (const topic of [7, null, {}, '']) {
    expect(await peer.codeOf('sync', 'notes', topic, { signaling: peer.signaling })).toBe('TOPIC_INVALID');
  }
});

test('a browser without WebRTC', async ({ launchPeer }) => {
  const peer = await launchPeer('old', {
    before: () => {
      Reflect.deleteProperty(window, 'RTCPeerConnection');
    },
  });
  await peer.call('open', DATABASE);
  await peer.call('sync', 'notes', 'topic', { signaling: peer.signaling });
  await expect.poll(() => peer.call('errorCodes', 'notes')).toContain('WEBRTC_UNSUPPORTED');
  await expectProblem(peer, 'WEBRTC_UNSUPPORTED');
  // Without peers, the database still is a database.
  await peer.call('insert', 'notes', noteDocuments('local', 3));
  expect(await peer.call('count', 'notes')).toBe(3);
});

test('an insecure origin', async ({ launchPeer, pageServer }) => {
  const peer = await launchPeer('insecure', {
    url: `http://insecure.test:${pageServer.port}/`,
    chromiumArgs: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'],
  });
  await peer.call('open', DATABASE);
  expect(await peer.codeOf('sync', 'notes', 'topic', { signaling: peer.signaling })).toBe('INSECURE_CONTEXT');
});
