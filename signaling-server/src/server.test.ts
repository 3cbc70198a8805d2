/** Starting, stopping, plain HTTP, and life beside another server. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRawSocket, openRawWebSocket } from './attack/raw-websocket.ts';
import { attachSignaling, createSignalingServer, P2PError } from './index.ts';
import { connected, connectTo, join, openClient, settled, startServer } from './testing/server-fixture.ts';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('plain HTTP', () => {
  it('says that it is well, what it is, and no to everything else', async () => {
    const { url } = await startServer({ origins: ['https://app.example.org'] });
    const health = await fetch(`${url}/healthz?now`);
    expect(health.status).toBe(200);
    expect(health.headers.get('access-control-allow-origin')).toBe('*');
    expect(await health.json()).toEqual({ name: 'rxdb-p2p-signaling', status: 'ok' });
    expect((await fetch(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200);
    for (const path of ['/', '/index.html', '/healthz/', '/socket.io', '/socket.io/socket.io.js', '//', '/%']) {
      const response = await fetch(url + path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect((await fetch(`${url}/healthz`, { method: 'POST', body: 'x' })).status).toBe(404);
  });

  it('does not carry the signaling', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'WEBSOCKET_ONLY' });
    await expect(connected(openClient(url, { transports: ['polling'] }))).rejects.toThrow();
  });

  it('refuses upgrades of other paths, protocols and versions', async () => {
    const { port } = await startServer();
    for (const path of ['/', '/socket.io', '//', '/socket.io/x?EIO=4&transport=websocket', 'x', '*']) {
      await expect(openRawWebSocket(port, { path })).rejects.toThrow(/HTTP\/1.1 40[04]/);
    }
    for (const query of ['', '?EIO=4', '?EIO=4&transport=polling', '?EIO=4&transport=__proto__']) {
      await expect(openRawWebSocket(port, { path: `/socket.io/${query}` })).rejects.toThrow('HTTP/1.1 400');
    }
    const old = await openRawWebSocket(port, { path: '/socket.io/?EIO=3&transport=websocket' });
    await old.closed();
  });
});

describe('starting and stopping', () => {
  it('tells where it listens', async () => {
    const server = await createSignalingServer({ port: 0 });
    onTestFinished(() => server.close());
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`http://localhost:${server.port}`);
    await settled(await connectTo(server));
  });

  it.each([
    ['PORT_IN_USE', (port: number) => ({ port, host: '127.0.0.1' })],
    // TEST-NET-1 of RFC 5737: no machine has it
    ['HOST_NOT_AVAILABLE', () => ({ port: 0, host: '192.0.2.1' })],
    ['BAD_OPTION', () => ({ port: 65_536 })],
    ['BAD_OPTION', () => ({ port: 0, origins: ['*'] })],
  ])('fails with %s', async (code, options) => {
    const { port } = await startServer();
    const failure = await createSignalingServer(options(port)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(P2PError);
    expect(failure).toMatchObject({ code });
  });

  it('ends all connections, once, whatever clients do', async () => {
    const server = await startServer();
    const client = await connectTo(server);
    await join(client, 'r');
    const ended = new Promise((resolve) => client.once('disconnect', resolve));
    const deaf = await openRawSocket(server.port);
    deaf.link.pause();
    const idle = connect(server.port, '127.0.0.1');
    onTestFinished(() => void idle.destroy());
    await new Promise((resolve) => idle.once('connect', resolve));
    const start = performance.now();
    const closing = server.close();
    expect(server.close()).toBe(closing);
    await Promise.all([closing, ended]);
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(server.connections).toBe(0);
    expect(server.rooms).toBe(0);
    await expect(openRawWebSocket(server.port)).rejects.toThrow();
    deaf.destroy();
  });
});

describe('closing', () => {
  it('tells clients to move on, in groups, and its health that it is not ready', async () => {
    const server = await startServer({ drainMs: 1_000 });
    const { url, port } = server;
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    const clients = await Promise.all(Array.from({ length: 320 }, () => connectTo(server)));
    const byes: { readonly code: string; readonly at: number }[] = [];
    for (const client of clients) client.on('bye', ({ code }) => byes.push({ code, at: performance.now() }));
    const closing = server.close();
    // All at once: the last group leaves 600 ms from now, and the server with it.
    const refused = openRawWebSocket(port).then(String, String);
    const [ready, alive] = await Promise.all(['readyz', 'healthz'].map((path) => fetch(`${url}/${path}`)));
    expect([ready?.status, await ready?.json()]).toEqual([503, { status: 'closing' }]);
    expect(alive?.status).toBe(200);
    expect(await refused).toMatch(/503.*SERVER_CLOSING/s);
    await closing;
    await expect.poll(() => byes.length).toBe(320);
    expect(new Set(byes.map(({ code }) => code))).toEqual(new Set(['SERVER_CLOSING']));
    // Groups of 50, with 100 ms between.
    expect((byes.at(-1)?.at ?? 0) - (byes[0]?.at ?? 0)).toBeGreaterThan(300);
    await expect(fetch(`${url}/readyz`)).rejects.toThrow();
  });
});

describe('attached to another server', () => {
  it('leaves its requests and its other WebSockets alone, also when it goes', async () => {
    const host = createServer((_request, response) => response.end('hosted'));
    const port = await listening(host);
    const url = `http://127.0.0.1:${port}`;
    const signaling = attachSignaling(host);
    onTestFinished(() => signaling.close());

    const client = await connectTo({ url });
    expect(await join(client, 'r')).toMatchObject({ size: 1 });
    expect([signaling.connections, signaling.rooms]).toEqual([1, 1]);
    for (const path of ['/', '/healthz', '/socket.io/?EIO=4&transport=polling']) {
      expect(await (await fetch(url + path)).text()).toBe('hosted');
    }
    await expect(openRawWebSocket(port, { path: '/other' })).rejects.toThrow('NOT_FOUND');
    host.on('upgrade', (request, link) => {
      if (request.url === '/other') link.end('HTTP/1.1 418 Teapot\r\n\r\n');
    });
    await expect(openRawWebSocket(port, { path: '/other' })).rejects.toThrow('418');

    await Promise.all([signaling.close(), signaling.close()]);
    expect(client.connected).toBe(false);
    expect(host.listening).toBe(true);
    expect(host.listenerCount('upgrade')).toBe(1);
    expect(await (await fetch(url)).text()).toBe('hosted');
  });

  it('checks its options at once', () => {
    expect(() => attachSignaling(createServer(), { origins: ['/'] })).toThrow(/^BAD_OPTION/);
  });
});
