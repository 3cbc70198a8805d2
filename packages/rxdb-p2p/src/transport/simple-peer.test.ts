import { LOOPBACK_CONFIG, nodeWebRTC } from '@rxdb-p2p/testkit/node-webrtc';
import { describeTransport } from '@rxdb-p2p/testkit/transport';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import { getConnectionHandlerSimplePeer } from './simple-peer.ts';

describeTransport('simple-peer', async () => {
  const server = await createSignalingServer({ port: 0, host: '127.0.0.1' });
  const factory = getConnectionHandlerSimplePeer({
    signalingServerUrl: server.url,
    wrtc: nodeWebRTC,
    config: LOOPBACK_CONFIG,
  });
  return { create: (events) => factory.create(events), close: () => server.close() };
});
