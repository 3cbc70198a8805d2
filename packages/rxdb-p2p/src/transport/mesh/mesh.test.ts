/** Links over real WebRTC and a real server; long because each way of meeting, missing and losing each other has a test. */
import * as library from '@rxdb-p2p/protocol/secrecy';
import { LOOPBACK_CONFIG, nodeWebRTC } from '@rxdb-p2p/testkit/node-webrtc';
import { type ObservedPeer, observePeer, pause, SIGNAL_KEY, until } from '@rxdb-p2p/testkit/transport';
import { createSignalingServer, type SignalingServer, type SignalingServerOptions } from 'rxdb-p2p-signaling';
import { io, type Socket } from 'socket.io-client';
import { describe, expect, it, type TestContext } from 'vitest';
import { randomBytes } from '../../random.ts';
import { SIGNALING_TIMINGS } from '../signaling/signaling-timings.ts';
import { parseSignalingUrl } from '../signaling/signaling-url.ts';
import { createSimplePeerTransport, type SimplePeerTransport } from '../simple-peer.ts';
import { MESH_LIMITS, type MeshLimits } from './mesh-limits.ts';
import { createRemotes } from './remotes.ts';
import { createSealing, type IncomingSignal, type OutgoingSignal } from './sealing.ts';
import type { SignalBody } from './signal-codec.ts';

async function serve({ onTestFinished }: TestContext, options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  return server;
}

interface Peer extends ObservedPeer {
  readonly transport: SimplePeerTransport;
  /** codes of what was refused */
  readonly refused: string[];
  /** rooms with a member that could not be reached */
  readonly unreachable: string[];
}

/** With the delays of a test, which cannot wait as long as networks do. */
function open(
  { onTestFinished }: TestContext,
  url: string,
  rooms: readonly string[],
  limits: Partial<MeshLimits> = {},
  config: RTCConfiguration = LOOPBACK_CONFIG,
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
  const settings = { urls: [parseSignalingUrl(url)], config, wrtc: nodeWebRTC, tuning };
  const refused: string[] = [];
  const onRefused = (_: string, { code }: { code: string }): number => refused.push(code);
  const unreachable: string[] = [];
  const onUnreachable = (room: string): number => unreachable.push(room);
  const observed = observePeer((events) =>
    createSimplePeerTransport(settings, { ...events, onRefused, onUnreachable }),
  );
  const peer = { ...observed, refused, unreachable } as Peer;
  onTestFinished(() => peer.transport.close());
  for (const room of rooms) peer.transport.join(room, SIGNAL_KEY);
  return peer;
}

/** A member of a room, with the key of its topic or another one, that says what it likes. */
interface Stranger {
  readonly socket: Socket;
  readonly members: readonly string[];
  /** those who have said their session */
  readonly met: Set<string>;
  /** what it could read of what came */
  readonly heard: IncomingSignal[];
  /** Says what it is told to, when it has been introduced. Answers no offer. */
  say(to: string, body: SignalBody, more?: Partial<OutgoingSignal>): void;
}

async function openStranger(
  { onTestFinished }: TestContext,
  url: string,
  room: string,
  { key = SIGNAL_KEY, instance = name('stranger') }: { readonly key?: Uint8Array; readonly instance?: string } = {},
): Promise<Stranger> {
  const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
  onTestFinished(() => {
    socket.disconnect();
  });
  const heard: IncomingSignal[] = [];
  const met = new Set<string>();
  const sealing = createSealing({ library, randomBytes });
  sealing.join(room, key);
  const remotes = createRemotes(MESH_LIMITS, Math.random, () => false);
  const say = (to: string, body: SignalBody, more: Partial<OutgoingSignal> = {}): void => {
    const remote = remotes.meet(room, to);
    const signal = { body, instance, connection: name('c1'), fromDialler: body.kind === 'hello', ...more };
    const data = remote && sealing.seal(room, remote, signal);
    if (data !== undefined) socket.emit('signal', { room, to, data });
  };
  socket.on('signal', ({ from, data }: { from: string; data: string }) => {
    const remote = remotes.meet(room, from);
    const signal = sealing.unseal(room, remote, data);
    if (remote === undefined || typeof signal === 'string' || signal instanceof Error) return;
    heard.push(signal);
    if (signal.kind !== 'hello' && signal.kind !== 'present') return;
    met.add(from);
    const { introduced: id } = sealing;
    if (String(remote.sessions.get(room)?.id) !== String(id))
      remote.sessions.set(room, { id, sent: 0, window: library.emptyWindow() });
    if (signal.kind === 'hello') say(from, { kind: 'present' }, { connection: signal.connection });
  });
  const { members } = (await socket.emitWithAck('join', { room })) as { members: string[] };
  for (const member of members) say(member, { kind: 'hello' });
  return { socket, members, met, heard, say };
}

const linked = (count: number, ...peers: readonly Peer[]): boolean =>
  peers.every((peer) => peer.open().length === count);
const kinds = (heard: readonly IncomingSignal[]): string[] => heard.map(({ kind }) => kind);
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
    const leaveOne = a.transport.join('one', SIGNAL_KEY);
    const b = open(context, url, ['one']);
    await until('a link', () => linked(1, a, b));
    b.transport.join('two', SIGNAL_KEY);
    a.transport.join('two', SIGNAL_KEY);
    await until('it to be kept for both', () => [a, b].every(({ transport }) => transport.linksIn('two') === 1));
    leaveOne();
    await until('the other side to know', () => b.transport.linksIn('one') === 0);
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
    const names = stranger.heard.map(({ connection }) => connection);
    expect(new Set(names).size).toBeGreaterThanOrEqual(3);
    const b = open(context, url, ['room'], { connectTimeoutMs: 5_000 });
    await until('a link', () => linked(1, a, b));
    expect(a.problems).toEqual([]);
  });

  it('forgets a member that has gone while it was dialled', async (context) => {
    const { url } = await serve(context);
    const stranger = await openStranger(context, url, 'room');
    const a = open(context, url, ['room'], { connectTimeoutMs: 60_000 });
    await until('an offer', () => kinds(stranger.heard).includes('offer'));
    stranger.socket.disconnect();
    await pause(300);
    expect(a.transport.droppedSignals).toBe(0);
    const b = open(context, url, ['room'], { search: { minMs: 50, maxMs: 50 } });
    await until('a link', () => linked(1, a, b));
    expect(a.problems).toEqual([]);
  });

  it('[SEAL-2] [SEAL-5] drops and counts what no member has sealed, tells of it, and goes on', async (context) => {
    const { url } = await serve(context);
    const [a, b] = [open(context, url, ['room']), open(context, url, ['room'])];
    await until('a link', () => linked(1, a, b));
    const { socket, members } = await openStranger(context, url, 'room', { key: new Uint8Array(32).fill(9) });
    expect(members.length).toBe(2);
    await until('the announcements to be dropped', () => a.refused.length === 1 && b.refused.length === 1);
    const before = a.transport.droppedSignals;
    const hostile = [
      'text',
      JSON.stringify({ v: 2, kind: 'hello', instance: name('x') }),
      '{'.repeat(30_000),
      'A'.repeat(1_500),
    ];
    for (const to of members) for (const data of hostile) socket.emit('signal', { room: 'room', to, data });
    await until('all to be dropped', () => a.transport.droppedSignals === before + hostile.length);
    expect(new Set(a.refused)).toEqual(new Set(['SIGNAL_UNREADABLE']));
    a.links[0]?.link.send(Uint8Array.of(1));
    await until('a message', () => b.links[0]?.messages.length === 1);
    expect([a.links.length, b.links.length]).toEqual([1, 1]);
  });

  it('[SEAL-5] who joins with another secret is told as soon as those who are there', async (context) => {
    const { url } = await serve(context);
    // Nobody asks again who else is there.
    const limits = { search: { minMs: 600_000, maxMs: 600_000 } };
    const a = open(context, url, ['room'], limits);
    const b = open(context, url, ['room'], limits);
    await until('a link', () => linked(1, a, b));
    const joiner = open(context, url, [], limits);
    joiner.transport.join('room', new Uint8Array(32).fill(9));
    await until('a word on all sides', () => [a, b, joiner].every(({ refused }) => refused.length > 0));
    expect(new Set([a, b, joiner].flatMap(({ refused }) => refused))).toEqual(new Set(['SIGNAL_UNREADABLE']));
    expect([a.links.length, b.links.length, joiner.links.length]).toEqual([1, 1, 0]);
  });

  it('[SEAL-3] answers what can be repeated by anybody now and then, and connects with nobody for it', async (context) => {
    const { url } = await serve(context);
    const a = open(context, url, ['room'], { spacingMs: 2_000, connectTimeoutMs: 150 });
    const { socket, met, heard, say } = await openStranger(context, url, 'room');
    await until('a word of a', () => met.size === 1);
    const said: string[] = [];
    const emit = socket.emit.bind(socket);
    socket.emit = ((_event: string, message: { data: string }) => said.push(message.data)) as never;
    const [to = ''] = met;
    say(to, { kind: 'hello' });
    const before = heard.filter(({ kind }) => kind === 'present').length;
    const dropped = a.transport.droppedSignals;
    for (let i = 0; i < 40; i++) for (const data of said) emit('signal', { room: 'room', to, data });
    await until('the rest to be dropped', () => a.transport.droppedSignals >= dropped + 38);
    expect(heard.filter(({ kind }) => kind === 'present').length - before).toBeLessThanOrEqual(2);
    expect(a.links).toEqual([]);
  });

  it('[SEAL-4] drops what a server repeats, in whatever order', async (context) => {
    const { url } = await serve(context);
    const a = open(context, url, ['room']);
    const { socket, met, say } = await openStranger(context, url, 'room');
    await until('a word of a', () => met.size === 1);
    const said: string[] = [];
    const emit = socket.emit.bind(socket);
    socket.emit = ((event: string, message: { data: string }) => {
      said.push(message.data);
      return emit(event, message);
    }) as typeof socket.emit;
    const [to = ''] = met;
    for (let i = 0; i < 5; i++) say(to, { kind: 'bye', why: 'failed' });
    const before = a.transport.droppedSignals;
    for (const data of said.toReversed()) emit('signal', { room: 'room', to, data });
    await until('all to be dropped', () => a.transport.droppedSignals >= before + 5);
    await until('a word about it', () => a.refused.length >= 5);
    expect(new Set(a.refused)).toEqual(new Set(['SIGNAL_REPLAYED']));
  });

  it('dials a member anew that has lost the server and come back, before the server has noticed', async (context) => {
    const { url } = await serve(context);
    // Every other name is smaller: of two that dial each other, the other one goes on.
    const instance = 'z'.repeat(22);
    const stale = await openStranger(context, url, 'room', { instance });
    const a = open(context, url, ['room'], { connectTimeoutMs: 60_000 });
    await until('an offer', () => kinds(stale.heard).includes('offer'));
    const back = await openStranger(context, url, 'room', { instance });
    await until('an offer to where it is now', () => kinds(back.heard).includes('offer'));
    expect(a.links).toEqual([]);
  });

  it('dials again whom it has not reached, though others have come since and it has a link', async (context) => {
    const { url } = await serve(context);
    const { heard } = await openStranger(context, url, 'room');
    const a = open(context, url, ['room'], { connectTimeoutMs: 300, search: { minMs: 60_000, maxMs: 60_000 } });
    await until('an offer', () => kinds(heard).includes('offer'));
    const c = open(context, url, ['room']);
    await until('a link', () => linked(1, a, c));
    const ofA = () => heard.filter(({ kind, instance }) => kind === 'offer' && instance === c.links[0]?.link.remoteId);
    const before = ofA().length;
    await until('attempts that began later', () => ofA().length > before + 1);
  });

  it('drops and counts what a hostile member says, and goes on', async (context) => {
    const { url } = await serve(context);
    // Longer than the stranger takes for all its offers; an offer of somebody else that comes too soon is made again.
    const limits = { spacingMs: 2_000, connectTimeoutMs: 2_500 };
    const a = open(context, url, ['room'], limits);
    const b = open(context, url, ['room'], limits);
    await until('a link', () => linked(1, a, b));
    const { members, heard, say } = await openStranger(context, url, 'room');
    await until('two answers', () => kinds(heard).filter((kind) => kind === 'present').length === 2);
    const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };
    const hostile: (readonly [SignalBody, Partial<OutgoingSignal>?])[] = [
      [{ kind: '__proto__' } as never],
      [{ kind: 'answer', sdp: 'v=0' }],
      [{ kind: 'candidate', ...candidate }],
      [{ kind: 'bye', why: 'failed' }],
      [{ kind: 'leave' }],
      [{ kind: 'present' }],
      [{ kind: 'hello' }, { instance: name('another') }],
      [
        { kind: 'bye', why: 'failed' },
        { connection: name('c2'), fromDialler: true },
      ],
      [{ kind: 'offer', sdp: 'v=0' }, { fromDialler: false }],
    ];
    const before = a.transport.droppedSignals;
    for (const to of members) for (const [body, more] of hostile) say(to, body, more);
    await until('all to be dropped', () => a.transport.droppedSignals >= before + hostile.length - 1);
    // Offers that no implementation takes; more than one member may make.
    const fingerprint = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}\r\n`;
    for (let index = 0; index < 20; index += 1) {
      const offer: SignalBody = { kind: 'offer', sdp: `v=0\r\nnot a description\r\n${fingerprint}` };
      for (const to of members) say(to, offer, { connection: name(`offer${index}`), fromDialler: true });
    }
    await until('the end of the attempt', () => kinds(heard).includes('bye'));
    await until('the others to be dropped', () => a.transport.droppedSignals >= before + hostile.length + 18);
    a.links[0]?.link.send(Uint8Array.of(1));
    await until('a message', () => b.links[0]?.messages.length === 1);
    expect([a.links.length, b.links.length]).toEqual([1, 1]);
    const c = open(context, url, ['room'], { connectTimeoutMs: 2_500 });
    await until('links with a newcomer', () => linked(2, a, b, c));
  });

  it('tells of a member that answers and cannot be reached, and of none where there is a link', async (context) => {
    const { url } = await serve(context);
    // Relays alone, and there is none.
    const noWay: RTCConfiguration = { iceTransportPolicy: 'relay' };
    const limits = { connectTimeoutMs: 300 };
    const a = open(context, url, ['room'], limits, noWay);
    // Gives up much later, but hears of it.
    const b = open(context, url, ['room'], { connectTimeoutMs: 60_000 }, noWay);
    await until('a word about it', () => a.unreachable.length > 0 && b.unreachable.length > 0);
    expect(new Set([...a.unreachable, ...b.unreachable])).toEqual(new Set(['room']));
    const c = open(context, url, ['other']);
    const d = open(context, url, ['other']);
    await until('a link', () => linked(1, c, d));
    expect([...c.unreachable, ...d.unreachable]).toEqual([]);
  });

  it('says nothing of one attempt that fails', async (context) => {
    const { url } = await serve(context);
    const { heard, met, say } = await openStranger(context, url, 'room');
    const retry = { minMs: 2_000, maxMs: 2_000 };
    const a = open(context, url, ['room'], { connectTimeoutMs: 300, retry });
    const sdp = `v=0\r\na=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}\r\n`;
    const byes = () => kinds(heard).filter((kind) => kind === 'bye').length;
    for (const failed of [1, 2]) {
      await until('an offer', () => kinds(heard).filter((kind) => kind === 'offer').length === failed);
      const connection = heard.findLast(({ kind }) => kind === 'offer')?.connection ?? '';
      for (const to of met) say(to, { kind: 'answer', sdp }, { connection });
      await until('its end', () => byes() === failed);
      expect(a.unreachable).toEqual(failed === 1 ? [] : ['room']);
    }
  });

  it('[LINK-4] is not connected with who names two certificates', async (context) => {
    const { url } = await serve(context);
    const a = open(context, url, ['room'], { connectTimeoutMs: 150 });
    const { met, heard, say } = await openStranger(context, url, 'room');
    await until('a word of a', () => met.size === 1);
    const line = (digits: string): string =>
      `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => digits).join(':')}\r\n`;
    const offer: SignalBody = { kind: 'offer', sdp: `v=0\r\n${line('AB')}${line('CD')}` };
    // Again, as long as it dials the stranger itself: then it takes no offer.
    for (let index = 0; !a.refused.includes('FINGERPRINT_REFUSED'); index += 1) {
      for (const to of met) say(to, offer, { connection: name(`two${index}`), fromDialler: true });
      await pause(50);
    }
    await until('an answer', () => kinds(heard).includes('bye'));
    expect(a.links).toEqual([]);
  });

  it('does not let a member end a link by claiming to be its other end', async (context) => {
    const { url } = await serve(context);
    const [a, b] = [open(context, url, ['room']), open(context, url, ['room'])];
    await until('a link', () => linked(1, a, b));
    const instance = a.links[0]?.link.remoteId ?? '';
    const { members, heard, say } = await openStranger(context, url, 'room', { instance });
    await until('an answer', () => kinds(heard).includes('present'));
    const guess = { connection: name('guess') };
    for (const to of members) {
      say(to, { kind: 'bye', why: 'failed' }, guess);
      say(to, { kind: 'leave' }, guess);
      say(to, { kind: 'offer', sdp: 'v=0\r\n' }, { ...guess, fromDialler: true });
    }
    await until('the answer of a', () => kinds(heard).includes('bye'));
    await pause(50);
    expect(linked(1, a, b)).toBe(true);
  });
});
