import { describe, expect, it } from 'vitest';
import { createAddressAccounts } from './address-accounts.ts';
import { openRawWebSocket } from './attack/raw-websocket.ts';
import { DEFAULT_LIMITS, MAX_IDLE_ACCOUNTS, type SignalingLimits } from './limits.ts';
import { connected, connectTo, join, openClient, startServer } from './testing/server-fixture.ts';

function accounts(limits: Partial<SignalingLimits>) {
  let time = 0;
  const book = createAddressAccounts({ ...DEFAULT_LIMITS, ...limits }, () => time);
  const pass = (ms: number): void => {
    time += ms;
  };
  return { book, pass };
}

describe('the account of an address', () => {
  it('is not filled again by connecting anew', () => {
    const { book, pass } = accounts({ addressByteBurst: 100, addressBytesPerSecond: 10 });
    const first = book.open('a');
    expect(first?.bytes.take(100)).toBe(true);
    first?.close();
    const second = book.open('a');
    expect(second?.bytes.take(1)).toBe(false);
    expect(book.open('b')?.bytes.take(100)).toBe(true);
    pass(1_000);
    expect(second?.bytes.take(10)).toBe(true);
  });

  it('bounds connections, at once and over time', () => {
    const { book, pass } = accounts({
      ...{ addressConnections: 2, addressConnectBurst: 4, addressConnectsPerSecond: 1 },
    });
    const [one, two] = [book.open('a'), book.open('a')];
    expect([one, two]).not.toContain(undefined);
    expect(book.open('a')).toBe(undefined);
    one?.close();
    two?.close();
    for (let count = 0; count < 2; count++) book.open('a')?.close();
    expect(book.open('a')).toBe(undefined);
    expect(book.open('b')).toBeDefined();
    pass(1_000);
    expect(book.open('a')).toBeDefined();
  });

  it('is forgotten when it is full again, and the oldest when there are too many', () => {
    const { book, pass } = accounts({});
    for (let count = 0; count < MAX_IDLE_ACCOUNTS + 1_000; count++) book.open(`a${count}`)?.close();
    expect(book.size).toBe(MAX_IDLE_ACCOUNTS);
    pass(3_600_000);
    book.open('b')?.close();
    expect(book.size).toBe(1);
  });
});

describe('a server', () => {
  it('refuses connections above what an address may have, and takes others', async () => {
    const server = await startServer({ trustedProxies: 1, limits: { addressConnections: 1 } });
    const open = (address: string) => {
      return connected(openClient(server.url, { extraHeaders: { 'x-forwarded-for': `9.9.9.9, ${address}` } }));
    };
    const first = await open('2001:db8::1');
    await expect(open('2001:db8::2')).rejects.toThrow();
    const headers = ['X-Forwarded-For: 2001:db8::3'];
    await expect(openRawWebSocket(server.port, { headers })).rejects.toThrow(/429.*TOO_MANY_CONNECTIONS/s);
    await open('2001:db8:0:1::1');
    first.disconnect();
    await expect.poll(() => server.connections).toBe(1);
    await open('2001:db8::2');
  });

  it('bounds joins, rooms and requests of all sockets of one address together', async () => {
    const limits = { addressJoinBurst: 4, addressJoinsPerSecond: 0.001, addressRooms: 3, addressRequestBurst: 6 };
    const server = await startServer({ limits: { ...limits, addressRequestsPerSecond: 0.001 } });
    const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
    await join(ann, 'a/1');
    await join(bob, 'a/1');
    await join(bob, 'a/2');
    expect(await ann.emitWithAck('join', { room: 'a/2' })).toMatchObject({ ok: false, code: 'TOO_MANY_ROOMS' });
    expect(await bob.emitWithAck('join', { room: 'a/1' })).toMatchObject({ ok: false, code: 'RATE_LIMITED' });
    expect(await bob.emitWithAck('leave', { room: 'a/1' })).toEqual({ ok: true });
    expect(await ann.emitWithAck('leave', { room: 'a/1' })).toMatchObject({ ok: false, code: 'RATE_LIMITED' });
  });

  it('cuts off who sends more bytes than are left for its address, with a code', async () => {
    const server = await startServer({ limits: { addressByteBurst: 60_000, addressBytesPerSecond: 0.001 } });
    const ann = await connectTo(server);
    const bye = new Promise((resolve) => ann.once('bye', resolve));
    const ended = new Promise((resolve) => ann.once('disconnect', resolve));
    for (let count = 0; count < 4; count++) {
      ann.emit('signal', { room: 'r', to: 'x', data: 'x'.repeat(20_000) }, () => undefined);
    }
    expect(await bye).toMatchObject({ code: 'RATE_LIMITED' });
    await ended;
    await expect.poll(() => server.connections).toBe(0);
  });
});
