/**
 * What a page has and Node has not, put where a page would find it: IndexedDB, in memory, WebRTC that talks to this
 * machine alone, and `reportError`, which ends the process as an uncaught error does. For programs that were written for browsers: `node --import @rxdb-p2p/testkit/browser-in-node …`.
 */
import 'fake-indexeddb/auto';
import { LOOPBACK_CONFIG, nodeWebRTC } from './node-webrtc.ts';

class LoopbackPeerConnection extends nodeWebRTC.RTCPeerConnection {
  constructor(config: RTCConfiguration = {}) {
    super({ ...config, ...LOOPBACK_CONFIG });
  }
}

function reportError(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

const { RTCSessionDescription, RTCIceCandidate } = nodeWebRTC;
Object.assign(globalThis, {
  RTCPeerConnection: LoopbackPeerConnection,
  RTCSessionDescription,
  RTCIceCandidate,
  reportError,
});
