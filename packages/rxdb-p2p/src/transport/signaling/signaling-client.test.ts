/** The signaling client beside real servers; long because each way a server can fail has a test. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { P2PError } from '@rxdb-p2p/protocol';
import { until } from '@rxdb-p2p/testkit/transport';
import { createSignalingServer, type SignalingServer, type SignalingServerOptions } from 'rxdb-p2p-signaling';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createSignalingClient, type SignalingClient } from './signaling-client.ts';
import { SIGNALING_TIMINGS, type SignalingTimings } from './signaling-timings.ts';
import type { GetToken } from './signaling-token.ts';
import { parseSignalingUrl } from './signaling-url.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Observed {
  readonly client: SignalingClient;
  /** everything that the client has told, as text */
  readonly seen: string[];
  readonly members: Map<string, readonly string[]>;
  readonly codes: (string | undefined)[];
  readonly problems: (P2PError | undefined)[];
}

/** Tests cannot wait as long as networks do. */
const QUICK: SignalingTimings = { ...SIGNALING_TIMINGS, retry: { minMs: 20, maxMs: 100 }, suspiciousMs: 50 };

function open(url: string, timings: SignalingTimings = QUICK, getToken?: GetToken): Observed {
  const seen: string[] = [];
  const members = new Map<string, readonly string[]>();
  const codes: (string | undefined)[] = [];
  const problems: (P2PError | undefined)[] = [];
  const client = createSignalingClient(
    parseSignalingUrl(url),
    { io, random: Math.random, timings, getToken },
    {
      onJoined(room, others) {
        seen.push(`joined ${room}`);
        members.set(room, others);
      },
      onJoinRefused: (room) => seen.push(`refused ${room}`),
      onSignal: (room, from, data) => seen.push(`signal ${room} ${from} ${data}`),
      onSignalRefused: (room, to, code) => seen.push(`signal refused ${room} ${to} ${code}`),
      onLeft: (room, peer) => seen.push(`left ${room} ${peer}`),
      onTurn: ({ username }) => seen.push(`turn ${username}`),
      onDisconnected: () => seen.push('disconnected'),
      onProblem(problem) {
        problems.push(problem);
        codes.push(problem?.code);
      },
    },
  );
  cleanups.push(() => client.close());
  return { client, seen, members, codes, problems };
}

async function serve(options: SignalingServerOptions = {}): Promise<SignalingServer> {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1', ...options });
  cleanups.push(() => server.close());
  return server;
}

/** An HTTP server that is no signaling server. */
async function serveHttp(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('signaling client', () => {
  it('joins, hears who is there, signals, and hears who leaves', async () => {
    const { url } = await serve();
    const a = open(url, SIGNALING_TIMINGS);
    a.client.join('room');
    await until('a to be in', () => a.seen.includes('joined room'));
    expect(a.members.get('room')).toEqual([]);
    const b = open(url, SIGNALING_TIMINGS);
    b.client.join('room');
    await until('b to be in', () => b.seen.includes('joined room'));
    const [idOfA = ''] = b.members.get('room') ?? [];
    b.client.signal('room', idOfA, 'hello');
    await until('the signal', () => a.seen.some((line) => line.startsWith('signal room')));
    const idOfB = a.seen.at(-1)?.split(' ')[2] ?? '';
    expect(a.seen.at(-1)).toBe(`signal room ${idOfB} hello`);
    a.client.join('room');
    await until('a to know of b', () => a.members.get('room')?.includes(idOfB) === true);
    b.client.leave('room');
    await until('a to be told', () => a.seen.includes(`left room ${idOfB}`));
    a.client.signal('room', idOfB, 'late');
    await until('the refusal', () => a.seen.includes(`signal refused room ${idOfB} PEER_NOT_IN_ROOM`));
    expect([...a.codes, ...b.codes]).toEqual([]);
    expect(a.client.badMessages + b.client.badMessages).toBe(0);
  });

  it('uses one socket for all rooms', async () => {
    const server = await serve();
    const a = open(server.url);
    for (const room of ['one', 'two', 'three']) a.client.join(room);
    await until('three rooms', () => a.members.size === 3);
    expect([server.connections, server.rooms]).toEqual([1, 3]);
  });

  it('says when nobody answers, and goes on until somebody does', async () => {
    const first = await serve();
    const { port } = first;
    await first.close();
    const a = open(`ws://127.0.0.1:${port}/?token=secret`);
    a.client.join('room');
    await until('the problem', () => a.codes.length === 1);
    expect(a.problems[0]).toMatchObject({ code: 'SIGNALING_UNREACHABLE' });
    expect(String(a.problems[0])).toContain(`http://127.0.0.1:${port}`);
    expect(String(a.problems[0])).not.toContain('secret');
    await serve({ port });
    await until('to be in', () => a.seen.includes('joined room'));
    // Told again with every attempt that fails until the server listens, and then taken back.
    expect([...new Set(a.codes)]).toEqual(['SIGNALING_UNREACHABLE', undefined]);
    expect(a.codes.at(-1)).toBe(undefined);
  });

  it('joins its rooms again after the server was away', async () => {
    const first = await serve();
    const { port, url } = first;
    const a = open(url);
    a.client.join('one');
    a.client.join('two');
    await until('two rooms', () => a.members.size === 2);
    await first.close();
    await until('the problem', () => a.codes.length === 1);
    expect(a.seen.slice(-1)).toEqual(['disconnected']);
    const second = await serve({ port });
    await until('two rooms again', () => a.seen.length === 5 && second.rooms === 2);
    expect(a.codes).toEqual(['SIGNALING_UNREACHABLE', undefined]);
    a.client.leave('one');
    await until('one room', () => second.rooms === 1);
  });

  it('tells a page from a signaling server', async () => {
    const url = await serveHttp((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><title>An application</title>');
    });
    const a = open(url);
    a.client.join('room');
    await until('the problem', () => a.codes.length === 1);
    expect(a.problems[0]).toMatchObject({ code: 'SIGNALING_NOT_FOUND', hint: expect.stringContaining('`signaling`') });
    expect(String(a.problems[0])).toContain(url);
  });

  it('tells it also from a server that lets a WebSocket hang, as development servers do', async () => {
    const server = createServer((_, response) => response.end('<!doctype html>'));
    server.on('upgrade', (_, link) => cleanups.push(() => link.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const a = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await until('the problem', () => a.codes.length === 1, 2_000);
    expect(a.codes).toEqual(['SIGNALING_NOT_FOUND']);
    cleanups.push(() => server.closeAllConnections());
  });

  it.each([
    [502, 'text/html', '<h1>Bad gateway</h1>', 'a proxy'],
    [200, 'application/json', '{"name":"rxdb-p2p-signaling","status":"ok"}', 'WebSocket'],
  ])('finds a server that is only out of reach behind an answer %i', async (status, type, body, said) => {
    const url = await serveHttp((_, response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    });
    const a = open(url);
    await until('the problem', () => a.codes.length === 1);
    expect(a.codes).toEqual(['SIGNALING_UNREACHABLE']);
    expect(String(a.problems[0])).toContain(said);
  });

  it('reads only the beginning of a long answer', async () => {
    let sent = 0;
    const url = await serveHttp((request, response) => {
      if (request.url !== '/healthz') return void response.writeHead(404).end();
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) sent += 1;
      };
      response.on('drain', more);
      more();
    });
    const a = open(url);
    await until('the problem', () => a.codes.length === 1);
    expect(a.codes).toEqual(['SIGNALING_NOT_FOUND']);
    expect(sent).toBeLessThan(1_000);
  });

  it('gives the code of a refusal, and solves it by leaving', async () => {
    const { url } = await serve({ limits: { roomsPerSocket: 1 } });
    const a = open(url);
    a.client.join('one');
    a.client.join('two');
    await until('the refusal', () => a.seen.includes('refused two'));
    expect(a.codes).toEqual(['TOO_MANY_ROOMS']);
    a.client.leave('two');
    expect(a.codes).toEqual(['TOO_MANY_ROOMS', undefined]);
    a.client.join('not a room');
    await until('the refusal', () => a.seen.includes('refused not a room'));
    expect(a.codes.at(-1)).toBe('BAD_ROOM');
  });

  it('comes with a token, and brings another one before it ends', async () => {
    let shown = 0;
    const server = await serve({
      auth(token) {
        if (token === undefined) return { ok: false, code: 'TOKEN_REQUIRED', message: 'none' };
        shown += 1;
        return { ok: true, expiresAt: Date.now() + 2_400 };
      },
    });
    let given = 0;
    const a = open(server.url, QUICK, async () => `token ${++given}`);
    a.client.join('room');
    await until('three tokens', () => shown === 3, 10_000);
    expect([given, server.connections, a.seen, a.codes]).toEqual([3, 1, ['joined room'], []]);
    const b = open(server.url);
    b.client.join('room');
    await until('the problem', () => b.codes.length > 0);
    expect(b.problems[0]).toMatchObject({ code: 'TOKEN_REQUIRED', hint: expect.stringContaining('`getToken`') });
  });

  it('goes on asking for a token, and says what is wrong with it', async () => {
    const { url } = await serve({ auth: { tokens: ['the-right-token-0123'] } });
    const answers: (() => string)[] = [
      () => {
        throw new Error('not logged in');
      },
      () => 7 as never,
      () => 'the-wrong-token-0123',
      () => 'the-right-token-0123',
    ];
    const a = open(url, QUICK, () => (answers.shift() ?? String)());
    a.client.join('room');
    await until('to be in', () => a.seen.includes('joined room'));
    // On a busy machine the server can be out of reach in between, and the same be said again.
    const codes = new Set(a.codes.filter((code) => code !== 'SIGNALING_UNREACHABLE'));
    expect([...codes]).toEqual(['TOKEN_FAILED', 'TOKEN_INVALID', undefined]);
    expect(String(a.problems[0])).toContain('not logged in');
    expect(a.problems.map(String).join()).not.toContain('wrong-token');
  });

  it('says why a server has cut it off, and comes back', async () => {
    const { url } = await serve({ limits: { packetBurst: 40, packetsPerSecond: 100 } });
    const a = open(url);
    a.client.join('room');
    await until('to be in', () => a.seen.includes('joined room'));
    for (let count = 0; count < 100; count++) a.client.signal('room', 'nobody', 'x');
    await until('the problem', () => a.codes.includes('RATE_LIMITED'));
    await until('to be in again', () => a.codes.at(-1) === undefined && a.seen.at(-1) === 'joined room');
  });

  it('sleeps and wakes', async () => {
    const server = await serve();
    const a = open(server.url);
    a.client.join('room');
    await until('to be in', () => a.seen.includes('joined room'));
    a.client.sleep();
    await until('to be away', () => server.connections === 0);
    a.client.signal('room', 'x', 'lost');
    a.client.wake();
    a.client.wake();
    await until('to be in again', () => a.seen.length === 3);
    expect(a.seen).toEqual(['joined room', 'disconnected', 'joined room']);
    a.client.close();
    a.client.close();
    a.client.wake();
    await until('to be gone', () => server.connections === 0);
    expect(a.codes).toEqual([]);
  });

  it('survives whatever a server says', async () => {
    const http = createServer();
    const hostile = new Server(http, { transports: ['websocket'] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => hostile.close());
    const answers: unknown[] = [
      undefined,
      null,
      'text',
      { ok: true },
      { ok: true, self: 'me', members: [7], size: 1 },
      { ok: true, self: 'me', members: Array.from({ length: 17 }, (_, index) => `peer${index}`), size: 17 },
      { ok: false, code: 'MADE_UP', message: 'x' },
      { ok: true, self: 'me', members: ['peer'], size: 2 },
    ];
    hostile.on('connection', (socket) => {
      const messages = [null, 1, [], {}, { room: 'room', from: 1, data: 'x' }, { room: 'room', peer: '__proto__!' }];
      for (const message of messages) {
        socket.emit('signal', message);
        socket.emit('left', message);
        socket.emit('bye', message);
        socket.emit('turn', message);
      }
      socket.emit('left');
      socket.emit('unknown', 1);
      socket.on('join', (_: unknown, reply: (answer: unknown) => void) => reply(answers.shift()));
      socket.on('signal', (_: unknown, reply: (answer: unknown) => void) => reply({ ok: 'yes' }));
    });
    const a = open(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    a.client.join('room');
    await until('the one good answer', () => a.members.has('room'));
    expect(a.members.get('room')).toEqual(['peer']);
    expect(a.codes).toEqual(['SIGNALING_BAD_ANSWER', undefined]);
    expect(a.client.badMessages).toBeGreaterThanOrEqual(19);
    expect(a.seen.filter((line) => line.startsWith('signal') || line.startsWith('left'))).toEqual([]);
    const bad = a.client.badMessages;
    a.client.signal('room', 'peer', 'x');
    await until('the bad answer to be counted', () => a.client.badMessages === bad + 1);
  });

  it('joins again when the server says that a room has changed, and only rooms of its own', async () => {
    const http = createServer();
    const split = new Server(http, { transports: ['websocket'] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => split.close());
    const joins: string[] = [];
    split.on('connection', (socket) => {
      socket.on('join', ({ room }: { room: string }, reply: (answer: unknown) => void) => {
        joins.push(room);
        const members = joins.length === 1 ? [] : ['peer'];
        reply({ ok: true, self: 'me', members, size: members.length + 1 });
        if (joins.length > 1) return;
        for (const message of [null, { room: 1 }, { room: 'other' }, { room: 'room' }]) socket.emit('changed', message);
      });
    });
    const a = open(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    a.client.join('room');
    await until('the other one', () => a.members.get('room')?.[0] === 'peer');
    expect(joins).toEqual(['room', 'room']);
    expect(a.client.badMessages).toBe(2);
  });

  it('does not wait for a server that never answers', async () => {
    const http = createServer();
    const mute = new Server(http, { transports: ['websocket'] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => mute.close());
    const a = open(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { ...QUICK, answerTimeoutMs: 50 });
    a.client.join('room');
    await until('the problem', () => a.codes.length === 1);
    expect(a.codes).toEqual(['SIGNALING_UNREACHABLE']);
    await until('another attempt', () => a.seen.filter((line) => line === 'disconnected').length >= 2);
    expect(a.codes).toEqual(['SIGNALING_UNREACHABLE']);
  });

  it('tells of a server that does not let it in', async () => {
    const http = createServer();
    const closed = new Server(http, { transports: ['websocket'] });
    closed.use((_, next) => next(new Error(`NOT_YOU ${'x'.repeat(1_000)}`)));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => closed.close());
    const a = open(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    await until('the problem', () => a.codes.length === 1);
    expect(a.codes).toEqual(['SIGNALING_REFUSED']);
    expect(String(a.problems[0])).toContain('NOT_YOU');
    expect(String(a.problems[0]).length).toBeLessThan(500);
  });
});
