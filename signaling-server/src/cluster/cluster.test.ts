/** Servers that share a real Redis, which is killed, stopped, and comes back empty. */
import { MAX_ROOM_SAMPLE } from '@rxdb-p2p/protocol/signaling';
import { describe, expect, it } from 'vitest';
import type { SignalingServer, SignalingServerOptions } from '../server.ts';
import { startRedis, type TestRedis } from '../testing/redis.ts';
import { type Client, connectTo, join, record, settled, startServer } from '../testing/server-fixture.ts';

const ROOM = 'app/room';
const quiet = { onProblem: () => undefined };

async function startPair(
  redis: TestRedis,
  options: SignalingServerOptions = {},
): Promise<readonly [SignalingServer, SignalingServer]> {
  const shared = { ...quiet, redis: { url: redis.url }, ...options };
  const pair = [await startServer(shared), await startServer(shared)] as const;
  await expect.poll(() => pair.every(({ whole }) => whole)).toBe(true);
  return pair;
}

async function health(server: SignalingServer): Promise<readonly unknown[]> {
  const paths = ['/healthz', '/readyz'];
  const answers = await Promise.all(paths.map((path) => fetch(server.url + path)));
  const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { status: string }[];
  return answers.map(({ status }, index) => `${status} ${bodies[index]?.status}`);
}

/** Signals until one arrives: the first ones may be on their way while it is looked for. */
async function signalled(from: Client, to: Client, self: string): Promise<void> {
  const { signals } = record(to);
  await expect
    .poll(async () => {
      await from.emitWithAck('signal', { room: ROOM, to: self, data: 'hello' });
      return signals.length;
    })
    .toBeGreaterThan(0);
}

describe('rooms of several processes', () => {
  it('names members of all, relays between them, and tells who leaves', async () => {
    const [one, two] = await startPair(await startRedis());
    const [ann, bob, eve] = [await connectTo(one), await connectTo(two), await connectTo(two)];
    const a = await join(ann, ROOM);
    const b = await join(bob, ROOM);
    expect(a).toMatchObject({ members: [], size: 1 });
    expect(b).toMatchObject({ members: [a.self], size: 2 });
    const told = { ann: record(ann), bob: record(bob), eve: record(eve) };
    expect(await bob.emitWithAck('signal', { room: ROOM, to: a.self, data: 'offer' })).toEqual({ ok: true });
    await expect.poll(() => told.ann.signals).toEqual([{ room: ROOM, from: b.self, data: 'offer' }]);
    expect(await ann.emitWithAck('signal', { room: ROOM, to: b.self, data: 'answer' })).toEqual({ ok: true });
    await expect.poll(() => told.bob.signals).toEqual([{ room: ROOM, from: a.self, data: 'answer' }]);
    // Who is in no room reaches nobody, and nobody it, though ids are known.
    const reply = await eve.emitWithAck('signal', { room: ROOM, to: a.self, data: 'x' });
    expect(reply).toMatchObject({ code: 'NOT_IN_ROOM' });
    ann.disconnect();
    await expect.poll(() => told.bob.left).toEqual([{ room: ROOM, peer: a.self }]);
    expect(await join(bob, ROOM)).toMatchObject({ members: [], size: 1 });
    expect(told.eve).toEqual({ signals: [], left: [] });
  });

  it('tells the one who was named of the one who was told', async () => {
    const [one, two] = await startPair(await startRedis());
    const [ann, bob] = [await connectTo(one), await connectTo(two)];
    const a = await join(ann, ROOM);
    await join(bob, ROOM);
    const { left } = record(bob);
    await ann.emitWithAck('leave', { room: ROOM });
    await expect.poll(() => left).toEqual([{ room: ROOM, peer: a.self }]);
  });

  it('answers a signal for somebody who is not there any more with a notice', async () => {
    const [one, two] = await startPair(await startRedis());
    const [ann, bob] = [await connectTo(one), await connectTo(two)];
    const a = await join(ann, 'app/elsewhere');
    const { left } = record(bob);
    await join(bob, ROOM);
    await bob.emitWithAck('signal', { room: ROOM, to: a.self, data: 'x' });
    await expect.poll(() => left).toEqual([{ room: ROOM, peer: a.self }]);
    // Of a process that nobody has heard of.
    const nobody = `${'A'.repeat(12)}${'b'.repeat(20)}`;
    const answer = await bob.emitWithAck('signal', { room: ROOM, to: nobody, data: 'x' });
    expect(answer).toMatchObject({ code: 'PEER_NOT_IN_ROOM' });
  });

  it('draws a sample of all members, at random', async () => {
    const [one, two] = await startPair(await startRedis());
    const selves = new Set<string>();
    for (let count = 0; count < 40; count++) {
      selves.add((await join(await connectTo(count % 2 === 0 ? one : two), ROOM)).self);
    }
    const asking = await connectTo(one);
    const drawn = new Set<string>();
    for (let count = 0; count < 60; count++) {
      const { members, size, self } = await join(asking, ROOM);
      expect(size).toBe(41);
      expect(new Set(members).size).toBe(MAX_ROOM_SAMPLE);
      expect(members).not.toContain(self);
      for (const member of members) drawn.add(member);
    }
    // Each is missed with a probability of (24/40)^60.
    expect(drawn).toEqual(selves);
  });

  it('keeps two services on one Redis apart', async () => {
    const redis = await startRedis();
    const one = await startServer({ redis: { url: redis.url, prefix: 'one' } });
    const two = await startServer({ redis: { url: redis.url, prefix: 'two' } });
    await expect.poll(() => one.whole && two.whole).toBe(true);
    await join(await connectTo(one), ROOM);
    expect(await join(await connectTo(two), ROOM)).toMatchObject({ size: 1 });
  });

  it('takes its members along when a process stops, and forgets those of one that was killed with their lease', async () => {
    const redis = await startRedis();
    const heartbeat = { intervalMs: 600, timeoutMs: 600 };
    const [one, two] = await startPair(redis, { heartbeat });
    await join(await connectTo(one), ROOM);
    const [bob, cat] = [await connectTo(two), await connectTo(two)];
    expect(await join(bob, ROOM)).toMatchObject({ size: 2 });
    const c = await join(cat, ROOM);
    await one.close();
    expect(await join(bob, ROOM)).toMatchObject({ members: [c.self], size: 2 });
    // A lease that nobody renews: what a process that was killed leaves behind.
    const { createClient } = await import('@redis/client');
    const client = await createClient({ url: redis.url }).connect();
    const key = `rxdb-p2p:room:${ROOM}`;
    const lost = `${'A'.repeat(12)}${'b'.repeat(20)}`;
    await client.zAdd(key, { score: Date.now() + heartbeat.intervalMs + heartbeat.timeoutMs, value: lost });
    expect((await join(bob, ROOM)).members).toContain(lost);
    // Without any join: the others are renewed, and the room is not forgotten, for longer than a lease.
    await expect.poll(() => client.zScore(key, lost), { timeout: 5_000 }).toBe(null);
    expect(await client.zRange(key, 0, -1)).toContain(c.self);
    await bob.emitWithAck('leave', { room: ROOM });
    await cat.emitWithAck('leave', { room: ROOM });
    await expect.poll(() => client.keys('*')).toEqual([]);
    await client.close();
  });

  it('drops what it does not understand on its channel', async () => {
    const redis = await startRedis();
    const [one] = await startPair(redis);
    const ann = await connectTo(one);
    const { self } = await join(ann, ROOM);
    const { createClient } = await import('@redis/client');
    const client = await createClient({ url: redis.url }).connect();
    const channel = `rxdb-p2p:process:${self.slice(0, 12)}`;
    const told = record(ann);
    const signal = { kind: 'signal', room: ROOM, from: 'x', to: self, data: 'y' };
    const wrong = [
      null,
      [],
      'signal',
      { ...signal, kind: '__proto__' },
      { ...signal, data: 1 },
      { ...signal, data: 'y'.repeat(40_000) },
      { ...signal, from: '*' },
      { ...signal, room: 'a b' },
      { kind: 'left', room: ROOM, peer: 'x', listeners: self },
      { kind: 'left', room: ROOM, peer: 'x', listeners: Array.from({ length: 65 }, () => self) },
      { kind: 'met', room: ROOM, listener: {}, subjects: [self] },
    ];
    for (const message of wrong) expect(await client.publish(channel, JSON.stringify(message))).toBe(1);
    await client.publish(channel, '{');
    await client.publish(channel, JSON.stringify(signal));
    await expect.poll(() => told).toEqual({ signals: [{ room: ROOM, from: 'x', data: 'y' }], left: [] });
    await client.close();
  });
});

describe('without Redis', () => {
  it.each([
    ['killed', (redis: TestRedis) => redis.kill(), (redis: TestRedis) => redis.start()],
    [
      'stopped',
      async (redis: TestRedis) => redis.signal('SIGSTOP'),
      async (redis: TestRedis) => redis.signal('SIGCONT'),
    ],
  ] as const)('local rooms go on, health says so, and all is well again: %s', async (_how, stop, start) => {
    const redis = await startRedis();
    const problems: Error[] = [];
    const [one, two] = await startPair(redis, { onProblem: (problem) => problems.push(problem) });
    expect(await health(one)).toEqual(['200 ok', '200 ready']);
    const [ann, bob, cat] = [await connectTo(one), await connectTo(one), await connectTo(two)];
    const a = await join(ann, ROOM);
    await stop(redis);
    await expect.poll(() => one.whole || two.whole, { timeout: 10_000 }).toBe(false);
    expect(await health(one)).toEqual(['200 degraded', '200 degraded']);
    // On the process: as ever. Across: nobody is there.
    expect(await join(bob, ROOM)).toMatchObject({ members: [a.self], size: 2 });
    await signalled(bob, ann, a.self);
    const c = await join(cat, ROOM);
    expect(c).toMatchObject({ members: [], size: 1 });
    expect(await ann.emitWithAck('signal', { room: ROOM, to: c.self, data: 'x' })).toMatchObject({ ok: false });
    const changed = new Set<Client>();
    for (const client of [ann, bob, cat]) client.on('changed', ({ room }) => room === ROOM && changed.add(client));
    await start(redis);
    await expect.poll(() => one.whole && two.whole, { timeout: 10_000 }).toBe(true);
    // Whoever may not know of the others is asked to join again, and finds them then.
    await expect.poll(() => changed.size, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await join(cat, ROOM)).toMatchObject({ size: 3 });
    await signalled(cat, ann, a.self);
    expect(await health(one)).toEqual(['200 ok', '200 ready']);
    // Said once for each process, not once for each attempt.
    expect(problems.map((problem) => problem.message.split(':')[0])).toEqual([
      'REDIS_UNAVAILABLE',
      'REDIS_UNAVAILABLE',
    ]);
    await settled(ann, bob, cat);
  });

  it('starts, and is told the way when it comes', async () => {
    const redis = await startRedis();
    await redis.kill();
    const server = await startServer({ ...quiet, redis: { url: redis.url } });
    expect(await health(server)).toEqual(['200 degraded', '200 degraded']);
    await join(await connectTo(server), ROOM);
    await redis.start();
    await expect.poll(() => server.whole, { timeout: 10_000 }).toBe(true);
  });

  it.each(['http://localhost', 'redis://', 'unix://', 'localhost:6379'])('does not take %s', async (url) => {
    await expect(startServer({ redis: { url } })).rejects.toMatchObject({ code: 'BAD_OPTION' });
  });
});
