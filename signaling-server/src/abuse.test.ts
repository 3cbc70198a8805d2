/** Clients that go too far: too many, too fast, too slow, dead, or under a false flag. */
import { MAX_SIGNAL_LENGTH } from '@rxdb-p2p/protocol/signaling';
import { describe, expect, it } from 'vitest';
import { openRawSocket, openRawWebSocket } from './attack/raw-websocket.ts';
import { connected, connectTo, join, openClient, record, settled, startServer } from './testing/server-fixture.ts';

const ROOM = 'app/room-1';

describe('a flood', () => {
  it('is answered RATE_LIMITED, then cut off, and the others go on', async () => {
    const server = await startServer({
      limits: { requestBurst: 20, requestsPerSecond: 1, packetBurst: 60, packetsPerSecond: 1 },
    });
    const [ann, bob, eve] = await Promise.all([connectTo(server), connectTo(server), connectTo(server)]);
    const told = record(ann);
    await join(bob, ROOM);
    await join(ann, ROOM);
    await join(eve, ROOM);
    await join(ann, ROOM);
    const answers: string[] = [];
    const ended = new Promise((resolve) => eve.once('disconnect', resolve));
    const byes: unknown[] = [];
    eve.on('bye', (message) => byes.push(message));
    const peer = eve.id;
    for (let count = 0; count < 200; count++) {
      eve.emit('signal', { room: ROOM, to: bob.id ?? '', data: 'x' }, (answer) => {
        answers.push(answer.ok ? 'OK' : answer.code);
      });
    }
    await ended;
    expect(byes).toEqual([{ code: 'RATE_LIMITED', message: expect.any(String) }]);
    expect(answers.slice(0, 19)).toEqual(Array.from({ length: 19 }, () => 'OK'));
    expect(answers.length).toBeGreaterThan(30);
    expect(new Set(answers.slice(20))).toEqual(new Set(['RATE_LIMITED']));
    await settled(ann, bob);
    expect(told.left).toEqual([{ room: ROOM, peer }]);
    // What came in one go with the end of the connection has not brought the dead socket back into its room.
    expect(await join(bob, ROOM)).toMatchObject({ members: [ann.id], size: 2 });
    expect(server.connections).toBe(2);
  });

  it('of joins in one go with the end leaves nothing behind', async () => {
    const server = await startServer({ limits: { packetBurst: 10 } });
    const raw = await openRawSocket(server.port);
    raw.link.cork();
    for (let count = 0; count < 50; count++) raw.send(`42["join",{"room":"r${count}"}]`);
    raw.link.uncork();
    await raw.closed();
    await expect.poll(() => server.connections).toBe(0);
    expect(server.rooms).toBe(0);
  });

  it('of bytes in control frames is cut off', async () => {
    const server = await startServer({ limits: { byteBurst: 100_000, bytesPerSecond: 1 } });
    const raw = await openRawSocket(server.port);
    for (let count = 0; count < 2_000 && raw.open; count++) raw.sendFrame(Buffer.alloc(100), { opcode: 9 });
    expect(await raw.next('42["bye"')).toContain('RATE_LIMITED');
    await raw.closed();
    await expect.poll(() => server.connections).toBe(0);
  });
});

describe('a client that does not read', () => {
  it('is not buffered for: its peers are told, and it is cut off when it goes on asking', async () => {
    const server = await startServer({
      limits: {
        waitingBytes: 100_000,
        requestBurst: 10_000,
        packetBurst: 100_000,
        byteBurst: 1e9,
        bytesPerSecond: 1e9,
      },
    });
    const ann = await connectTo(server);
    await join(ann, ROOM);
    const slow = await openRawSocket(server.port);
    slow.send(`420["join",{"room":"${ROOM}"}]`);
    const reply = JSON.parse((await slow.next('430')).slice(3)) as [{ self: string }];
    slow.link.pause();
    const signal = { room: ROOM, to: reply[0].self, data: 'x'.repeat(MAX_SIGNAL_LENGTH) };
    let refusal: unknown;
    for (let count = 0; count < 1_000 && refusal === undefined; count++) {
      const answer = await ann.emitWithAck('signal', signal);
      if (!answer.ok) refusal = answer;
    }
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED' });
    expect(server.connections).toBe(2);
    // 100,000 more bytes of answers are not kept for it either.
    const asking = setInterval(() => {
      for (let count = 0; count < 500; count++) slow.send('421["join",{"room":"a b"}]');
    }, 5);
    await expect.poll(() => server.connections, { timeout: 5_000 }).toBe(1);
    clearInterval(asking);
    slow.destroy();
  });
});

describe('a dead client', () => {
  it('is gone after the heartbeat, and its peers are told', async () => {
    const server = await startServer({ heartbeat: { intervalMs: 100, timeoutMs: 100 } });
    const ann = await connectTo(server);
    const told = record(ann);
    const dead = await openRawSocket(server.port);
    dead.send(`420["join",{"room":"${ROOM}"}]`);
    await dead.next('430');
    expect(await join(ann, ROOM)).toMatchObject({ size: 2 });
    await expect.poll(() => told.left, { timeout: 2_000 }).toHaveLength(1);
    expect(await join(ann, ROOM)).toMatchObject({ members: [], size: 1 });
    dead.destroy();
  });
});

describe('a connection', () => {
  it('carries one socket, in one namespace', async () => {
    const server = await startServer();
    const raw = await openRawWebSocket(server.port);
    await raw.next('0{');
    raw.link.cork();
    raw.send('40');
    raw.send('40');
    raw.link.uncork();
    expect(await raw.next('44')).toContain('ALREADY_CONNECTED');
    raw.send('40/admin,');
    expect(await raw.next('44')).toContain('Invalid namespace');
    raw.send('41');
    await raw.closed();
    await expect.poll(() => server.connections).toBe(0);
  });

  it('cannot be moved to another transport', async () => {
    const server = await startServer({ origins: ['https://app.example.org'] });
    const raw = await openRawWebSocket(server.port);
    const { sid } = JSON.parse((await raw.next('0{')).slice(1)) as { sid: string };
    const headers = ['Origin: https://evil.example.org'];
    for (const name of ['sid', '%73id']) {
      const path = `/socket.io/?EIO=4&transport=websocket&${name}=${sid}`;
      await expect(openRawWebSocket(server.port, { path, headers })).rejects.toThrow('WEBSOCKET_ONLY');
    }
    raw.destroy();
  });

  it('is refused when there are too many, and let in when one has gone', async () => {
    const server = await startServer({ limits: { connections: 1 } });
    const first = await connectTo(server);
    await expect(openRawWebSocket(server.port)).rejects.toThrow('SERVER_FULL');
    await expect(connected(openClient(server.url))).rejects.toThrow();
    first.disconnect();
    // Its place is free when its link has ended, a moment after its connection.
    await expect.poll(() => connectTo(server).then(settled, () => 'refused')).toBe(undefined);
  });
});

describe('the list of origins', () => {
  it('keeps pages of other origins out, and lets programs in', async () => {
    const server = await startServer({ origins: ['https://app.example.org'] });
    for (const origin of [
      'https://evil.example.org',
      'https://app.example.org.evil.net',
      'null',
      'http://app.example.org',
    ]) {
      await expect(openRawWebSocket(server.port, { headers: [`Origin: ${origin}`] })).rejects.toThrow(
        'ORIGIN_NOT_ALLOWED',
      );
    }
    await expect(connected(openClient(server.url, { extraHeaders: { origin: 'https://evil.org' } }))).rejects.toThrow();
    await connected(openClient(server.url, { extraHeaders: { origin: 'https://app.example.org' } }));
    await connectTo(server);
  });

  it('is open by default', async () => {
    const server = await startServer();
    await connected(openClient(server.url, { extraHeaders: { origin: 'https://any.example.org' } }));
  });
});
