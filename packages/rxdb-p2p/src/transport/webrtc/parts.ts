/** What a WebRTC transport is made of: one module, so that bundlers make one file of it. */
import simplePeer from 'simple-peer/simplepeer.min.js';
import type { SimplePeerClass } from './simple-peer-class.ts';

export { io } from 'socket.io-client';
export { createMesh } from '../mesh/mesh.ts';
export { createSeveralServers } from '../signaling/several-servers.ts';
export { createSignalingClient } from '../signaling/signaling-client.ts';
export { createPeerConnection } from './peer-connection.ts';
// The bundled build: the plain one needs Node's globals, which bundlers no longer provide.
export const SimplePeer: SimplePeerClass = simplePeer as SimplePeerClass;
