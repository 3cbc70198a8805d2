import { LOOPBACK_CONFIG, nodeWebRTC } from '@rxdb-p2p/testkit/node-webrtc';
import { type ObservedPeer, observePeer, pause, until } from '@rxdb-p2p/testkit/transport';
import { createSignalingServer, type SignalingServer, type SignalingServerOptions } from 'rxdb-p2p-signaling';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, type TestContext } from 'vitest';
import { SIGNALING_TIMINGS } from '../signaling/signaling-connection.ts';
import { parseSignalingUrl } from '../signaling/signaling-url.ts';
import { createSimplePeerTransport, type SimplePeerTransport } from '../simple-peer.ts';
import { MESH_LIMITS, type MeshLimits } from './mesh-limits.ts';

async function serve({ onTestFinished }: TestContext, options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  return server;
}

interface Peer extends ObservedPeer {
  readonly transport: SimplePeerTransport;
}

/** With the delays of a test, which cannot wait as long as networks do. */
function open(
  { onTestFinished }: TestContext,
  url: string,
  rooms: readonly string[],
  limits: Partial<MeshLimits> = {},
): Peer {
  const tuning = {
    mesh: {
      ...MESH_LIMITS,
      retry: { minMs: 100, maxMs: 300 },
      search: { minMs: 100, maxMs: 300 },
      spacingMs: 40,
      ...limits,
    },
    signaling: { ...SIGNALING_TIMINGS, retry: { minMs: 20, maxMs: 100 } },
  };
  const settings = { url: parseSignalingUrl(url), config: LOOPBACK_CONFIG, wrtc: nodeWebRTC, tuning };
  const peer = observePeer((events) => createSimplePeerTransport(settings, events)) as Peer;
  onTestFinished(() => peer.transport.close());
  for (const room of rooms) peer.transport.join(room);
  return peer;
}

/** A member of a room that says what it likes. */
async function openStranger(
  { onTestFinished }: TestContext,
  url: string,
  room: string,
): Promise<{ socket: Socket; members: string[]; heard: string[] }> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => {
    socket.disconnect();
  });
  const heard: string[] = [];
  socket.on('signal', ({ data }: { data: string }) => heard.push(data));
  const { members } = (await socket.emitWithAck('join', { room })) as { members: string[] };
  return { socket, members, heard };
}

const linked = (count: number, ...peers: readonly Peer[]): boolean =>
  peers.every((peer) => peer.open().length === count);
const kinds = (heard: readonly string[]): string[] => heard.map((data) => (JSON.parse(data) as { kind: string }).kind);
const name = (text: string): string => text.padEnd(22, '0');

// At once: most of the time of each is waiting for a network.
describe.concurrent('mesh', () => {
  it('ends with one link for each two, also when all dial each other at once', async (context) => {
    const { url } = await serve(context);
    // Every few milliseconds everybody asks again who is there: so that both sides of a pair dial.
    const limits = { search: { minMs: 4, maxMs: 8 } };
    const peers = Array.from({ length: 5 }, () => open(context, url, ['room'], limits));
    await until('four links each', () => linked(4, ...peers));
    await pause(300);
    for (const peer of peers) {
      expect(new Set(peer.open().map(({ link }) => link.remoteId)).size).toBe(4);
      expect(peer.open().length).toBe(4);
    }
    const dialled = peers.flatMap((peer) => peer.open()).filter(({ link }) => link.initiator);
    expect(dialled.length).toBe(10);
  });

  it('keeps its links while the server is away, and knows them again when it is back', async (context) => {
    const first = await serve(context);
    const { port, url } = first;
    const [a, b] = [open(context, url, ['room', 'other']), open(context, url, ['room', 'other'])];
    await until('a link', () => linked(1, a, b));
    await first.close();
    await until('the problem on both sides', () => a.problems.length === 1 && b.problems.length === 1);
    a.links[0]?.link.send(Uint8Array.of(1));
    await until('a message without the server', () => b.links[0]?.messages.length === 1);
    await serve(context, { port });
    await until('the end of the problem', () => a.problems.length === 2 && b.problems.length === 2);
    const c = open(context, url, ['room']);
    await until('links with a newcomer', () => linked(2, a, b, c));
    await pause(200);
    expect([a.links.length, b.links.length, c.links.length]).toEqual([2, 2, 2]);
    expect(a.problems.map((problem) => problem?.message.split(':')[0])).toEqual(['SIGNALING_UNREACHABLE', undefined]);
  });

  it('keeps a link for rooms that were shared only later', async (context) => {
    const { url } = await serve(context);
    const a = open(context, url, []);
    const leaveOne = a.transport.join('one');
    const b = open(context, url, ['one']);
    await until('a link', () => linked(1, a, b));
    b.transport.join('two');
    a.transport.join('two');
    await pause(100);
    leaveOne();
    await pause(100);
    expect([a.links.length, b.links.length]).toEqual([1, 1]);
    expect(linked(1, a, b)).toBe(true);
  });

  it('makes a link again after it was closed', async (context) => {
    const { url } = await serve(context);
    const [a, b] = [open(context, url, ['room']), open(context, url, ['room'])];
    await until('a link', () => linked(1, a, b));
    a.links[0]?.link.close();
    await until('another link', () => a.links.length === 2 && linked(1, a, b));
    b.links[1]?.link.close();
    await until('another link', () => a.links.length === 3 && linked(1, a, b));
  });

  it('has as many links as it may, and takes the next when there is place', async (context) => {
    const { url } = await serve(context);
    const hub = open(context, url, ['room'], { links: 1 });
    const a = open(context, url, ['room'], { links: 1 });
    await until('a link', () => linked(1, hub, a));
    const b = open(context, url, ['room'], { links: 1 });
    await pause(300);
    expect([hub.links.length, a.links.length, b.links.length]).toEqual([1, 1, 0]);
    await a.transport.close();
    await until('the place to be taken', () => linked(1, hub, b));
  });

  it('gives up on members that do not answer, asks them again later, and links with the others meanwhile', async (context) => {
    const { url } = await serve(context);
    const stranger = await openStranger(context, url, 'room');
    const a = open(context, url, ['room'], { connectTimeoutMs: 150 });
    await until('three attempts', () => kinds(stranger.heard).filter((kind) => kind === 'offer').length >= 3);
    expect(kinds(stranger.heard).filter((kind) => kind === 'bye').length).toBeGreaterThanOrEqual(2);
    const names = stranger.heard.map((data) => (JSON.parse(data) as { connection: string }).connection);
    expect(new Set(names).size).toBeGreaterThanOrEqual(3);
    const b = open(context, url, ['room'], { connectTimeoutMs: 5_000 });
    await until('a link', () => linked(1, a, b));
    expect(a.problems).toEqual([]);
  });

  it('forgets a member that has gone while it was dialled', async (context) => {
    const { url } = await serve(context);
    const stranger = await openStranger(context, url, 'room');
    const a = open(context, url, ['room']);
    await until('an offer', () => kinds(stranger.heard).includes('offer'));
    stranger.socket.disconnect();
    await pause(300);
    expect(a.transport.droppedSignals).toBe(0);
    const b = open(context, url, ['room'], { search: { minMs: 50, maxMs: 50 } });
    await until('a link', () => linked(1, a, b));
    expect(a.problems).toEqual([]);
  });

  it('drops and counts hostile signals, and goes on', async (context) => {
    const { url } = await serve(context);
    // Longer than the stranger takes for all its offers; an offer of somebody else that comes too soon is made again.
    const limits = { spacingMs: 2_000, connectTimeoutMs: 2_500 };
    const a = open(context, url, ['room'], limits);
    const b = open(context, url, ['room'], limits);
    await until('a link', () => linked(1, a, b));
    const { socket, members, heard } = await openStranger(context, url, 'room');
    expect(members.length).toBe(2);
    const ids = { v: 1, instance: name('stranger'), connection: name('c1') };
    const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };
    const hostile: unknown[] = [
      'text',
      null,
      [],
      { ...ids, v: 9, kind: 'hello' },
      { ...ids, kind: '__proto__' },
      { ...ids, kind: 'answer', sdp: 'v=0' },
      { ...ids, kind: 'candidate', ...candidate },
      { ...ids, kind: 'bye', why: 'failed' },
      { ...ids, kind: 'leave' },
      { ...ids, kind: 'hello', instance: name('another') },
      { ...ids, kind: 'bye', why: 'failed', connection: name('c2') },
    ];
    // The first one that is a signal gives the stranger its name.
    const before = a.transport.droppedSignals;
    for (const to of members) {
      for (const message of hostile) socket.emit('signal', { room: 'room', to, data: JSON.stringify(message) });
      socket.emit('signal', { room: 'room', to, data: '{'.repeat(30_000) });
    }
    await until('all to be dropped', () => a.transport.droppedSignals === before + hostile.length + 1);
    // Offers that no implementation takes; more than one member may make.
    for (let index = 0; index < 20; index += 1) {
      const offer = { ...ids, kind: 'offer', sdp: 'v=0\r\nnot a description', connection: name(`offer${index}`) };
      for (const to of members) socket.emit('signal', { room: 'room', to, data: JSON.stringify(offer) });
    }
    await until('the end of the attempt', () => kinds(heard).includes('bye'));
    await until('the others to be dropped', () => a.transport.droppedSignals >= before + hostile.length + 1 + 19);
    a.links[0]?.link.send(Uint8Array.of(1));
    await until('a message', () => b.links[0]?.messages.length === 1);
    expect([a.links.length, b.links.length]).toEqual([1, 1]);
    const c = open(context, url, ['room'], { connectTimeoutMs: 2_500 });
    await until('links with a newcomer', () => linked(2, a, b, c));
  });

  it('does not let a stranger end a link by claiming to be its other end', async (context) => {
    const { url } = await serve(context);
    const [a, b] = [open(context, url, ['room']), open(context, url, ['room'])];
    await until('a link', () => linked(1, a, b));
    const nameOfB = a.links[0]?.link.remoteId ?? '';
    const { socket, members, heard } = await openStranger(context, url, 'room');
    const bodies = [{ kind: 'bye', why: 'failed' }, { kind: 'leave' }, { kind: 'offer', sdp: 'v=0\r\n' }];
    for (const to of members) {
      for (const body of bodies) {
        const data = JSON.stringify({ v: 1, instance: nameOfB, connection: name('guess'), ...body });
        socket.emit('signal', { room: 'room', to, data });
      }
    }
    await until('the answer of a', () => kinds(heard).includes('bye'));
    await pause(50);
    expect(linked(1, a, b)).toBe(true);
    expect(heard.join('')).not.toContain('guess'.repeat(2));
  });
});
