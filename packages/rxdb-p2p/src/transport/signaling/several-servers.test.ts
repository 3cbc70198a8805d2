/** One pool's transport at several real signaling servers, which know nothing of each other. */
import { LOOPBACK_CONFIG, nodeWebRTC } from '@rxdb-p2p/testkit/node-webrtc';
import { observePeer, SIGNAL_KEY, until } from '@rxdb-p2p/testkit/transport';
import { createSignalingServer, type SignalingServer } from 'rxdb-p2p-signaling';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { getConnectionHandlerSimplePeer } from '../simple-peer.ts';
import { createSeveralServers } from './several-servers.ts';
import { createSignalingClient, type SignalingClient } from './signaling-client.ts';
import { SIGNALING_TIMINGS } from './signaling-timings.ts';
import { parseSignalingUrl } from './signaling-url.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const ROOM = 'app/room';

async function serve(port = 0): Promise<SignalingServer> {
  const server = await createSignalingServer({ port, host: '127.0.0.1' });
  cleanups.push(() => server.close());
  return server;
}

interface Observed {
  readonly client: SignalingClient;
  readonly seen: string[];
  readonly problems: (string | undefined)[];
  /** those of the last answer */
  readonly members: () => readonly string[];
  readonly size: () => number;
}

function open(...urls: readonly string[]): Observed {
  const timings = { ...SIGNALING_TIMINGS, retry: { minMs: 20, maxMs: 100 } };
  const seen: string[] = [];
  const problems: (string | undefined)[] = [];
  let last: readonly string[] = [];
  let count = 0;
  const opens = urls.map((url) => (events: Parameters<typeof createSignalingClient>[2]) => {
    return createSignalingClient(parseSignalingUrl(url), { io, random: Math.random, timings }, events);
  });
  const client = createSeveralServers(opens, {
    onJoined(_room, members, size) {
      last = members;
      count = size;
    },
    onJoinRefused: (room) => seen.push(`refused ${room}`),
    onSignal: (_room, from, data) => seen.push(`signal ${from} ${data}`),
    onSignalRefused: (_room, to, code) => seen.push(`signal refused ${to} ${code}`),
    onLeft: (_room, peer) => seen.push(`left ${peer}`),
    onTurn: (server) => seen.push(`turn ${server}`),
    onDisconnected: () => seen.push('disconnected'),
    onProblem: (problem) => problems.push(problem?.code),
  });
  cleanups.push(() => client.close());
  client.join(ROOM);
  return { client, seen, problems, members: () => last, size: () => count };
}

describe('several signaling servers', () => {
  it('are joined all: members of each, and signals through the one that named them', async () => {
    const [a, b] = [await serve(), await serve()];
    const both = open(a.url, b.url);
    await until('both to be joined', () => a.rooms + b.rooms === 2);
    const [onA, onB] = [open(a.url), open(b.url)];
    await until('the others to know it', () => onA.members().length === 1 && onB.members().length === 1);
    onA.client.signal(ROOM, onA.members()[0] ?? '', 'through a');
    onB.client.signal(ROOM, onB.members()[0] ?? '', 'through b');
    await until('both signals', () => both.seen.length === 2);
    const [first = '', second = ''] = both.seen.toSorted();
    expect([first, second]).toEqual([
      expect.stringMatching(/^signal 0:\S+ through a$/),
      expect.stringMatching(/^signal 1:\S+ through b$/),
    ]);
    both.client.signal(ROOM, second.split(' ')[1] ?? '', 'back');
    await until('the answer', () => onB.seen.some((line) => line.endsWith(' back')));
    both.client.join(ROOM);
    await until('a new count', () => both.size() === 3);
    expect(
      both
        .members()
        .map((name) => name.slice(0, 2))
        .toSorted(),
    ).toEqual(['0:', '1:']);
    expect(both.problems).toEqual([]);
  });

  it('fail one by one: its members are gone, the others stay, and it is joined again', async () => {
    const [a, b] = [await serve(), await serve()];
    const { port } = a;
    const both = open(a.url, b.url);
    await until('both to be joined', () => a.rooms + b.rooms === 2);
    open(b.url);
    const onA = open(a.url);
    await until('the one at a', () => onA.members().length === 1);
    both.client.join(ROOM);
    await until('both others', () => both.members().length === 2);
    await a.close();
    await until('the notice', () => both.seen.some((line) => line.startsWith('left 0:')));
    await until('the problem', () => both.problems.length > 0);
    expect(both.problems).toEqual(['SIGNALING_UNREACHABLE']);
    expect(both.seen).not.toContain('disconnected');
    both.client.join(ROOM);
    await until('the other one alone', () => both.members().length === 1 && both.size() === 2);
    const again = await serve(port);
    // Whoever is back first is told of the other one when it asks again.
    const asking = setInterval(() => both.client.join(ROOM), 50);
    cleanups.push(() => clearInterval(asking));
    await until('it again', () => both.members().length === 2);
    clearInterval(asking);
    expect(both.problems).toEqual(['SIGNALING_UNREACHABLE', undefined]);
    await Promise.all([again.close(), b.close()]);
    await until('none to be left', () => both.seen.includes('disconnected'));
  });
});

describe('a transport at several servers', () => {
  function start(...urls: readonly string[]) {
    const factory = getConnectionHandlerSimplePeer({
      signalingServerUrl: urls,
      wrtc: nodeWebRTC,
      config: LOOPBACK_CONFIG,
    });
    const peer = observePeer((events) => factory.create(events));
    cleanups.push(() => peer.transport.close());
    peer.transport.join(ROOM, SIGNAL_KEY);
    return peer;
  }

  it('has one link with each other device, however many servers found it', async () => {
    const [a, b, c] = [await serve(), await serve(), await serve()];
    // Together: all dial, through all servers at once.
    const peers = [start(a.url, b.url, c.url), start(c.url, b.url, a.url), start(b.url, a.url)];
    const onlyC = start(c.url);
    await until('all links', () => {
      return peers.every(({ links }) => links.length >= 2) && onlyC.links.length >= 2;
    });
    const open = (): number[] => [...peers, onlyC].map((peer) => peer.open().length);
    // The third one and the last have no server in common.
    await until('one link each', () => open().join() === '3,3,2,2');
    expect(a.connections + b.connections + c.connections).toBe(9);
  });

  it('takes one to three different URLs', () => {
    const url = 'https://signal.example.org';
    const key = (signalingServerUrl: string | readonly string[]): string =>
      getConnectionHandlerSimplePeer({ signalingServerUrl }).key;
    expect(key([url])).toBe(key(url));
    expect(key([url, 'https://b.example.org'])).toBe(key(['wss://b.example.org/', url]));
    for (const wrong of [[], [url, url], [1, 2, 3, 4].map((number) => `https://s${number}.example.org`), [url, 'x']]) {
      expect(() => key(wrong)).toThrow('SIGNALING_URL_INVALID');
    }
  });
});
