/** Credentials of the signaling server at a real coturn, with the configuration that we ship. */
import { readFileSync } from 'node:fs';
import { parseTurnMessage, type TurnMessage } from '@rxdb-p2p/protocol/signaling';
import ipaddr from 'ipaddr.js';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Client, connected, openClient, startServer } from '../testing/server-fixture.ts';
import { createTurnClient } from '../testing/turn-client.ts';
import { startTurnserver, TURNSERVER_CONF } from '../testing/turnserver.ts';
import { createTurnIssuer } from './credentials.ts';

const SECRET = 'a secret of both servers';
const TOKEN = 'a-token-of-the-test';
const urls = ['turn:127.0.0.1:3478?transport=udp', 'turns:turn.example.org:5349'];
const UNAUTHORIZED = 401;
const FORBIDDEN = 403;

/** Connects, and collects what it is issued. */
async function connect(url: string, token: string): Promise<{ client: Client; issued: TurnMessage[] }> {
  const client = openClient(url, { auth: { token } });
  const issued: TurnMessage[] = [];
  client.on('turn', (message) => {
    const turn = parseTurnMessage(message);
    if (turn !== undefined) issued.push(turn);
  });
  await connected(client);
  return { client, issued };
}

describe('credentials', () => {
  it('are given to who is let in, before anything else, other ones to each', async () => {
    const server = await startServer({ auth: { tokens: [TOKEN] }, turn: { urls, secret: SECRET } });
    const { client, issued } = await connect(server.url, TOKEN);
    await client.emitWithAck('join', { room: 'r' });
    expect(issued).toEqual([
      { urls, username: expect.any(String), credential: expect.any(String), seconds: expect.any(Number) },
    ]);
    const other = await connect(server.url, TOKEN);
    await other.client.emitWithAck('join', { room: 'r' });
    expect(other.issued[0]?.username.split(':')[1]).not.toBe(issued[0]?.username.split(':')[1]);
    const [seconds = 0, end = 0] = [issued[0]?.seconds, Number(issued[0]?.username.split(':')[0])];
    expect(seconds).toBeGreaterThan(3_590);
    expect(Math.abs(end - Date.now() / 1_000 - seconds)).toBeLessThan(5);
    await expect(connect(server.url, 'another-token-of-it')).rejects.toThrow('TOKEN_INVALID');
  });

  it('are renewed before they end', { timeout: 30_000 }, async () => {
    const turn = { urls, secret: SECRET, ttlSeconds: 10 };
    const server = await startServer({ auth: { tokens: [TOKEN] }, turn });
    const { issued } = await connect(server.url, TOKEN);
    const begun = performance.now();
    await expect.poll(() => issued.length, { timeout: 15_000 }).toBe(2);
    // With a half of their time left, and the timers of a busy machine.
    expect(performance.now() - begun).toBeLessThan(9_000);
    expect(issued[1]?.username).not.toBe(issued[0]?.username);
  });

  it('end no later than the token, and come with its renewal', async () => {
    const secret = 'x'.repeat(32);
    const auth = { issuer: 'i', audience: 'a', keys: [{ algorithm: 'HS256', secret }] } as const;
    const server = await startServer({ auth, turn: { urls, secret: SECRET } });
    const tokenUntil = (end: number): Promise<string> =>
      new SignJWT({ namespaces: ['*'] })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer('i')
        .setAudience('a')
        .setExpirationTime(end)
        .sign(new TextEncoder().encode(secret));
    const now = Math.floor(Date.now() / 1_000);
    const { client, issued } = await connect(server.url, await tokenUntil(now + 100));
    await client.emitWithAck('join', { room: 'r' });
    // The server allows clocks to differ by 60 s.
    expect(issued[0]?.seconds).toBeLessThanOrEqual(160);
    await client.emitWithAck('token', { token: await tokenUntil(now + 1_000) });
    await expect.poll(() => issued.length).toBe(2);
    expect(issued[1]?.seconds).toBeGreaterThan(900);
  });

  it.each([
    [{ auth: 'none', turn: { urls, secret: SECRET } }, 'turn needs authentication'],
    [{ auth: { tokens: [TOKEN] }, turn: { urls, secret: 'short' } }, 'turn.secret'],
    [{ auth: { tokens: [TOKEN] }, turn: { urls: [], secret: SECRET } }, 'turn.urls'],
    [{ auth: { tokens: [TOKEN] }, turn: { urls: ['stun:x'], secret: SECRET } }, 'turn.urls'],
    [{ auth: { tokens: [TOKEN] }, turn: { urls, secret: SECRET, ttlSeconds: 1 } }, 'turn.ttlSeconds'],
  ] as const)('are not issued with %o', async (options, what) => {
    const starting = startServer(options);
    await expect(starting).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(starting).rejects.toThrow(what);
  });
});

describe('coturn', () => {
  it('allocates for what was issued, and for nothing that has ended or was changed', { timeout: 30_000 }, async () => {
    const { port } = await startTurnserver(SECRET);
    const issue = createTurnIssuer({ urls, secret: SECRET });
    expect(await createTurnClient(port, issue(undefined)).allocate()).toBe(0);
    expect(await createTurnClient(port, issue(Date.now() - 60_000)).allocate()).toBe(UNAUTHORIZED);
    const other = createTurnIssuer({ urls, secret: 'a secret of another one' });
    expect(await createTurnClient(port, other(undefined)).allocate()).toBe(UNAUTHORIZED);
    const { username, credential } = issue(Date.now() - 60_000);
    const longer = { username: username.replace(/^\d+/, (end) => String(Number(end) + 3_600)), credential };
    expect(await createTurnClient(port, longer).allocate()).toBe(UNAUTHORIZED);
  });

  it('relays to the Internet alone', { timeout: 30_000 }, async () => {
    const { port } = await startTurnserver(SECRET);
    const issue = createTurnIssuer({ urls, secret: SECRET });
    const four = createTurnClient(port, issue(undefined));
    expect(await four.allocate()).toBe(0);
    const denied = ['127.0.0.1', '127.255.0.1', '0.0.0.0', '10.1.2.3', '172.31.0.1', '192.168.1.1', '100.100.0.1'];
    for (const peer of [...denied, '169.254.169.254', '224.0.0.251', '239.1.1.1', '255.255.255.255', '192.0.2.1']) {
      expect([peer, await four.permit(peer)]).toEqual([peer, FORBIDDEN]);
    }
    // A permission sends nothing there.
    for (const peer of ['8.8.8.8', '172.32.0.1', '100.128.0.1'])
      expect([peer, await four.permit(peer)]).toEqual([peer, 0]);
  });

  // Read, not run: not every machine that tests has IPv6.
  it('is told of all such addresses of IPv6 too', () => {
    const ranges = [...readFileSync(TURNSERVER_CONF, 'utf8').matchAll(/^denied-peer-ip=([^-\n]*)-?(.*)$/gm)];
    const number = (text: string): bigint =>
      ipaddr
        .parse(text)
        .toByteArray()
        .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const denied = (peer: string): boolean =>
      ranges.some(([, first = '', last = '']) => {
        if (ipaddr.parse(first).kind() !== ipaddr.parse(peer).kind()) return false;
        return number(first) <= number(peer) && number(peer) <= number(last === '' ? first : last);
      });
    for (const peer of ['::1', 'fe80::1', 'febf::1', 'fd00::1', 'fc00::1', 'ff02::fb', 'ffff::1']) {
      expect([peer, denied(peer)]).toEqual([peer, true]);
    }
    for (const peer of ['::ffff:127.0.0.1', '64:ff9b::a00:1', '2002:7f00:1::', '2001::1', '10.0.0.1']) {
      expect([peer, denied(peer)]).toEqual([peer, true]);
    }
    for (const peer of ['2606:4700::1111', '2a00::1', '8.8.8.8']) expect([peer, denied(peer)]).toEqual([peer, false]);
  });
});
