/** The harness itself, on bare data channels: two processes connect, and a cut peer really is cut. */
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/test.ts';

interface Bare {
  readonly connection: RTCPeerConnection;
  channel: RTCDataChannel | undefined;
  readonly received: string[];
}
declare global {
  interface Window {
    bare: Bare;
  }
}

/** All candidates in one description, so that a spec can carry it over itself. */
async function offer(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const connection = new RTCPeerConnection();
    const received: string[] = [];
    const channel = connection.createDataChannel('bare');
    channel.onmessage = (event) => received.push(event.data);
    window.bare = { connection, channel, received };
    await connection.setLocalDescription();
    await new Promise<void>((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === 'complete') resolve();
      };
    });
    return connection.localDescription?.sdp ?? '';
  });
}

async function answer(page: Page, sdp: string): Promise<string> {
  return page.evaluate(async (remote) => {
    const connection = new RTCPeerConnection();
    const bare: Bare = { connection, channel: undefined, received: [] };
    window.bare = bare;
    connection.ondatachannel = ({ channel }) => {
      bare.channel = channel;
      channel.onmessage = (event) => bare.received.push(event.data);
    };
    await connection.setRemoteDescription({ type: 'offer', sdp: remote });
    await connection.setLocalDescription();
    await new Promise<void>((resolve) => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === 'complete') resolve();
      };
    });
    return connection.localDescription?.sdp ?? '';
  }, sdp);
}

async function connect(a: Page, b: Page): Promise<void> {
  const sdp = await answer(b, await offer(a));
  await a.evaluate((remote) => window.bare.connection.setRemoteDescription({ type: 'answer', sdp: remote }), sdp);
  for (const page of [a, b]) await expect.poll(() => page.evaluate(() => window.bare.channel?.readyState)).toBe('open');
}

const say = (page: Page, text: string): Promise<void> =>
  page.evaluate((words) => window.bare.channel?.send(words), text);
const heard = (page: Page): Promise<string[]> => page.evaluate(() => window.bare.received);

/** Longer than any retransmission of a channel that has just been cut. */
const SILENCE_MS = 3_000;

test('a cut peer neither sends nor receives, and does both again once mended', async ({ launchPeer }) => {
  const a = await launchPeer('a', { canBeCut: true });
  const b = await launchPeer('b');
  await connect(a.page, b.page);
  await Promise.all([say(a.page, 'from a 1'), say(b.page, 'from b 1')]);
  await expect.poll(() => heard(a.page)).toEqual(['from b 1']);
  await expect.poll(() => heard(b.page)).toEqual(['from a 1']);

  await a.cut();
  await Promise.all([say(a.page, 'from a 2'), say(b.page, 'from b 2')]);
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  expect(await heard(a.page)).toEqual(['from b 1']);
  expect(await heard(b.page)).toEqual(['from a 1']);

  await a.mend();
  await expect.poll(() => heard(a.page)).toEqual(['from b 1', 'from b 2']);
  await expect.poll(() => heard(b.page)).toEqual(['from a 1', 'from a 2']);
});

test('the cut holds for connections made after a reload', async ({ launchPeer }) => {
  const a = await launchPeer('a', { canBeCut: true });
  const b = await launchPeer('b');
  await a.reload();
  await connect(a.page, b.page);
  await a.cut();
  await say(b.page, 'unheard');
  await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
  expect(await heard(a.page)).toEqual([]);
  await a.mend();
  await expect.poll(() => heard(a.page)).toEqual(['unheard']);
});

/** One value in IndexedDB, on disk when the call resolves. */
function remember(page: Page, value: string): Promise<void> {
  return page.evaluate(async (text) => {
    const opening = indexedDB.open('memory', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('values');
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const transaction = opening.result.transaction('values', 'readwrite', { durability: 'strict' });
    transaction.objectStore('values').put(text, 'key');
    await new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
  }, value);
}

function recall(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const opening = indexedDB.open('memory', 1);
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const reading = opening.result.transaction('values').objectStore('values').get('key');
    await new Promise((resolve) => {
      reading.onsuccess = resolve;
    });
    return reading.result;
  });
}

test('a killed browser comes back with its profile', async ({ launchPeer }) => {
  const peer = await launchPeer('killed');
  await remember(peer.page, 'kept');
  await peer.kill();
  await peer.relaunch();
  expect(await recall(peer.page)).toBe('kept');
});

/** Whether the page gets any answer from the signaling server through the peer's own wire. */
function hearsServer(page: Page, signaling: string): Promise<boolean> {
  return page.evaluate(async (url) => {
    try {
      await fetch(url, { mode: 'no-cors', signal: AbortSignal.timeout(1_000) });
      return true;
    } catch {
      return false;
    }
  }, signaling);
}

test('a cut peer does not reach the signaling server', async ({ launchPeer }) => {
  const peer = await launchPeer('peer', { canBeCut: true });
  expect(await hearsServer(peer.page, peer.signaling)).toBe(true);
  await peer.cut();
  expect(await hearsServer(peer.page, peer.signaling)).toBe(false);
  await peer.mend();
  expect(await hearsServer(peer.page, peer.signaling)).toBe(true);
});
