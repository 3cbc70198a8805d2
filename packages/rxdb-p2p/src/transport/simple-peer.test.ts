import { LOOPBACK_CONFIG, nodeWebRTC } from '@rxdb-p2p/testkit/node-webrtc';
import { describeTransport, observePeer, pause, SIGNAL_KEY, until } from '@rxdb-p2p/testkit/transport';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import { describe, expect, it } from 'vitest';
import type { TransportFactory } from './port.ts';
import { createSimplePeerTransportFactory, getConnectionHandlerSimplePeer } from './simple-peer.ts';

describeTransport('simple-peer', async () => {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1' });
  const factory = getConnectionHandlerSimplePeer({
    signalingServerUrl: server.url,
    wrtc: nodeWebRTC,
    config: LOOPBACK_CONFIG,
  });
  return { create: (events) => factory.create(events), close: () => server.close() };
});

describe('simple-peer transport factory', () => {
  const url = 'https://signal.example.org';

  it('has one key for equal settings', () => {
    const key = getConnectionHandlerSimplePeer({ signalingServerUrl: url }).key;
    expect(getConnectionHandlerSimplePeer('wss://signal.example.org/').key).toBe(key);
    expect(createSimplePeerTransportFactory({ signalingServerUrl: url, iceServers: [] }).key).toBe(key);
    const others = [
      getConnectionHandlerSimplePeer('https://other.example.org'),
      getConnectionHandlerSimplePeer(url, nodeWebRTC),
      createSimplePeerTransportFactory({ signalingServerUrl: url, iceTransportPolicy: 'relay' }),
      createSimplePeerTransportFactory({ signalingServerUrl: url, iceServers: [{ urls: 'stun:stun.example.org' }] }),
    ].map((factory) => factory.key);
    expect(new Set([key, ...others]).size).toBe(5);
  });

  it('checks the URL at once, and needs one where there is no page', () => {
    expect(() => getConnectionHandlerSimplePeer('nowhere')).toThrow('SIGNALING_URL_INVALID');
    expect(() => getConnectionHandlerSimplePeer({})).toThrow('SIGNALING_REQUIRED');
  });

  async function problemOf(factory: TransportFactory): Promise<unknown> {
    const peer = observePeer((events) => factory.create(events));
    peer.transport.join('room', SIGNAL_KEY);
    expect(peer.problems).toEqual([]);
    await until('the problem', () => peer.problems.length > 0);
    await peer.transport.close();
    await pause(20);
    expect(peer.problems.length).toBe(1);
    return peer.problems[0];
  }

  it('says what to do where there is no WebRTC', async () => {
    expect(await problemOf(getConnectionHandlerSimplePeer(url))).toMatchObject({
      code: 'WEBRTC_UNSUPPORTED',
      hint: expect.stringContaining('wrtc'),
    });
  });

  it('tells of a configuration that WebRTC does not take', async () => {
    const factory = createSimplePeerTransportFactory({
      signalingServerUrl: url,
      wrtc: nodeWebRTC,
      iceServers: [{ urls: 'http://not.a.stun.server' }],
    });
    expect(await problemOf(factory)).toMatchObject({ code: 'ICE_CONFIG_INVALID' });
  });

  it('can be closed before it has begun, and then does not begin', async () => {
    const server = await createSignalingServer({ port: 0, host: '127.0.0.1' });
    const factory = getConnectionHandlerSimplePeer(server.url, nodeWebRTC);
    const peer = observePeer((events) => factory.create(events));
    peer.transport.join('room', SIGNAL_KEY);
    await peer.transport.close();
    await pause(50);
    expect([server.connections, peer.problems]).toEqual([0, []]);
    await server.close();
  });
});
