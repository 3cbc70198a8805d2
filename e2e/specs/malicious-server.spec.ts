/** Real browsers whose signaling server is in the hands of somebody who means harm, and of somebody who only looks. */
import { createTopicSecret } from 'rxdb-p2p';
import { NOTES, noteDocuments } from '../fixtures/data.ts';
import {
  type CaughtSignal,
  createMaliciousSignaling,
  type MaliciousSignaling,
} from '../fixtures/malicious-signaling.ts';
import type { Peer } from '../fixtures/peer.ts';
import { expectConverged } from '../fixtures/steps.ts';
import { test as base, expect } from '../fixtures/test.ts';

const test = base.extend<{ readonly server: MaliciousSignaling }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from this pattern
  server: async ({}, use) => {
    const server = await createMaliciousSignaling();
    await use(server);
    await server.close();
  },
});

const TOPIC = 'confidential-topic';
const CANARY = 'canary-in-a-document';
/** Unestablished attempts are refused with a code within this time. */
const WITHIN = { timeout: 5_000 };

async function open(peer: Peer, server: MaliciousSignaling, secret: string | undefined, topic = TOPIC): Promise<void> {
  await peer.call('open', { database: 'e2e', collections: [NOTES] });
  const options = { signaling: `http://127.0.0.1:${server.port}`, ...(secret === undefined ? {} : { secret }) };
  await peer.call('sync', 'notes', topic, options);
}

const withCanary = (prefix: string, count: number) =>
  noteDocuments(prefix, count).map((note) => ({ ...note, title: `${CANARY} ${note['id'] as string}` }));

async function codesOf(peer: Peer): Promise<string[]> {
  return [...new Set(await peer.call('errorCodes', 'notes'))].toSorted();
}

async function refused(peer: Peer): Promise<number> {
  return (await peer.call('status', 'notes'))?.refusedSignals ?? 0;
}

/** In clear, and in what base64url of it would be. */
function expectBlind(server: MaliciousSignaling, more: readonly string[]): void {
  const seen = server.seen();
  const opened = server.signals.map(({ data }) => Buffer.from(data, 'base64url').toString('latin1')).join('\n');
  const words = [TOPIC, CANARY, 'title', 'notes', 'v=0', 'fingerprint', 'candidate', 'typ host', 'instance', ...more];
  for (const word of words) {
    expect(seen, word).not.toContain(word);
    expect(opened, word).not.toContain(word);
  }
}

/** What happens to a connection that there is: documents go on crossing it. */
async function expectAlive(peers: readonly [Peer, Peer], prefix: string): Promise<void> {
  const before = await peers[0].call('count', 'notes');
  await peers[1].call('insert', 'notes', withCanary(prefix, 3));
  await expectConverged('notes', peers, (documents) => documents.length === before + 3);
}

/** Another digit somewhere in the sealed part: another description, another fingerprint, another session. */
function changed(data: string, at: number): string {
  const place = Math.floor(data.length * at);
  return data.slice(0, place) + (data[place] === 'A' ? 'B' : 'A') + data.slice(place + 1);
}

test('a server that changes what it carries: nobody is connected, both are told; a connection that there is lives', async ({
  launchPeer,
  server,
}) => {
  const secret = createTopicSecret();
  const peers = [await launchPeer('a'), await launchPeer('b')] as const;
  const [a, b] = peers;
  let part = 0;
  const meddle = (signal: CaughtSignal, deliver: (signal: CaughtSignal) => void): void => {
    part = (part + 0.17) % 1;
    deliver({ ...signal, data: changed(signal.data, part) });
  };
  server.treat = meddle;
  await open(a, server, secret);
  await a.call('insert', 'notes', withCanary('a', 5));
  await open(b, server, secret);
  await expect.poll(() => codesOf(a), WITHIN).toEqual(['SIGNAL_UNREADABLE']);
  await expect.poll(() => codesOf(b), { timeout: 10_000 }).toEqual(['SIGNAL_UNREADABLE']);
  expect(await b.call('count', 'notes')).toBe(0);

  // Introductions pass, and nothing else.
  server.treat = (signal, deliver) => {
    const form = Buffer.from(signal.data.slice(0, 4), 'base64url')[1];
    if (form === 2) meddle(signal, deliver);
    else deliver(signal);
  };
  const before = await refused(b);
  await expect.poll(() => refused(b), { timeout: 60_000 }).toBeGreaterThan(before);
  expect(await b.call('count', 'notes')).toBe(0);

  server.treat = (signal, deliver) => deliver(signal);
  await expectConverged('notes', peers, (documents) => documents.length === 5);
  server.treat = meddle;
  for (const signal of server.signals.slice(-30)) server.inject({ ...signal, data: changed(signal.data, 0.5) });
  await expectAlive(peers, 'alive');
  expectBlind(server, [secret]);
});

test('a server that repeats, holds back and reorders: devices meet, are told, and hold the same', async ({
  launchPeer,
  server,
}) => {
  const secret = createTopicSecret();
  const peers = [await launchPeer('a'), await launchPeer('b')] as const;
  const held: CaughtSignal[] = [];
  server.treat = (signal, deliver) => {
    deliver(signal);
    deliver(signal);
    held.push(signal);
    setTimeout(() => {
      for (const old of held.toReversed()) deliver(old);
    }, 300);
  };
  for (const peer of peers) await open(peer, server, secret);
  await peers[0].call('insert', 'notes', withCanary('a', 5));
  await expectConverged('notes', peers, (documents) => documents.length === 5);
  for (const peer of peers) {
    await expect.poll(() => codesOf(peer), WITHIN).toEqual(['SIGNAL_REPLAYED']);
    await expect.poll(() => refused(peer), WITHIN).toBeGreaterThan(5);
  }
  const connections = (await peers[0].call('status', 'notes'))?.peers.length;
  expect(connections).toBe(1);
  // What was said in a stay that is over is of no use in the next one.
  await peers[1].reload();
  await open(peers[1], server, secret);
  for (const signal of held) {
    for (const { client } of server.joins.slice(-2)) server.inject({ ...signal, to: client });
  }
  await expectAlive(peers, 'later');
  expectBlind(server, [secret]);
});

test('a server that makes up members and signals: each is refused, no connection is made, those that there are live', async ({
  launchPeer,
  server,
}) => {
  const secret = createTopicSecret();
  const peers = [await launchPeer('a'), await launchPeer('b')] as const;
  for (const peer of peers) await open(peer, server, secret);
  await peers[0].call('insert', 'notes', withCanary('a', 5));
  await expectConverged('notes', peers, (documents) => documents.length === 5);
  const room = server.joins[0]?.room ?? '';
  const clients = [...new Set(server.joins.map(({ client }) => client))];
  const offer = JSON.stringify({
    ...{ v: 2, kind: 'offer', instance: 'x'.repeat(22), connection: 'y'.repeat(22) },
    sdp: `v=0\r\na=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}\r\n`,
  });
  const inventions = [offer, Buffer.from(offer).toString('base64url'), 'A'.repeat(1_450), '', 'null', '{}'];
  for (let i = 0; i < 50; i++) {
    for (const to of clients) {
      for (const data of inventions) server.inject({ from: `invented-${i}`, to, room, data });
      // In the name of the other one, who said it to somebody else or in another direction.
      for (const signal of server.signals.slice(0, 20)) {
        for (const from of clients) server.inject({ ...signal, from, to });
      }
    }
  }
  for (const peer of peers) await expect.poll(() => refused(peer), WITHIN).toBeGreaterThan(100);
  for (const peer of peers) expect((await peer.call('status', 'notes'))?.peers.length).toBe(1);
  await expectAlive(peers, 'alive');
  expectBlind(server, [secret]);
});

test('no secret, another one, an old one: never in one room, and led into it by force they are told one code', async ({
  launchPeer,
  server,
}) => {
  const secret = createTopicSecret();
  const member = await launchPeer('member');
  await open(member, server, secret);
  await member.call('insert', 'notes', withCanary('member', 5));
  const others = [await launchPeer('none'), await launchPeer('another'), await launchPeer('old')] as const;
  const secrets = [undefined, createTopicSecret(), createTopicSecret()];
  for (const [i, other] of others.entries()) await open(other, server, secrets[i]);
  await expect.poll(() => new Set(server.joins.map(({ room }) => room)).size).toBe(4);
  for (const peer of [member, ...others]) {
    expect((await peer.call('status', 'notes'))?.phase).toBe('alone');
    expect(await codesOf(peer)).toEqual([]);
  }

  server.merge = () => 'all';
  for (const other of others) await other.reload();
  for (const [i, other] of others.entries()) await open(other, server, secrets[i]);
  for (const peer of [member, ...others]) {
    await expect.poll(() => codesOf(peer), { timeout: 10_000 }).toEqual(['SIGNAL_UNREADABLE']);
    expect((await peer.call('status', 'notes'))?.peers).toEqual([]);
  }
  for (const other of others) expect(await other.call('count', 'notes')).toBe(0);
  expectBlind(server, [secret]);
});

test('a server that only looks: rooms differ by topic and are the same for all members, and it learns nothing else', async ({
  launchPeer,
  server,
}) => {
  const [secret, passphrase] = [createTopicSecret(), 'wombat lantern gravel quilt'];
  const [a, b, c] = [await launchPeer('a'), await launchPeer('b'), await launchPeer('c')];
  await open(a, server, secret);
  await a.call('insert', 'notes', withCanary('a', 20));
  await open(b, server, secret);
  await expectConverged('notes', [a, b], (documents) => documents.length === 20);
  await b.call('patch', 'notes', 'a000003', { title: `${CANARY} changed` });
  await b.reload();
  await open(b, server, secret);
  await expectConverged('notes', [a, b], (documents) => documents.length === 20);
  await open(c, server, passphrase, 'another-topic');
  await expect.poll(() => new Set(server.joins.map(({ room }) => room)).size, { timeout: 40_000 }).toBe(2);
  const rooms = new Map<string, Set<string>>();
  for (const { client, room } of server.joins) rooms.set(room, (rooms.get(room) ?? new Set()).add(client));
  for (const room of rooms.keys()) expect(room).toMatch(/^app\/[\w-]{43}$/);
  // One room for the stays of a and b, before and after the reload, and one for c.
  expect([...rooms.values()].map(({ size }) => size)).toEqual([3, 1]);
  const replicas = (await a.call('status', 'notes'))?.peers.map(({ replica }) => replica) ?? [];
  expectBlind(server, [secret, passphrase, 'another-topic', secret.slice(5, 30), ...replicas]);
  const lengths = [...new Set(server.signals.map(({ data }) => data.length))];
  console.log(
    `    the server saw ${server.signals.length} signals of ${lengths.join(', ')} characters, in ${rooms.size} rooms`,
  );
  expect(lengths.length).toBeLessThanOrEqual(2);
  for (const peer of [a, b, c]) expect(await codesOf(peer)).toEqual([]);
});
