/** A self-hosted signaling server for rxdb-p2p: it introduces devices, and sees no document. */
export { P2PError } from '@rxdb-p2p/protocol/signaling';
export { type AttachedSignaling, attachSignaling } from './attach.ts';
export { DEFAULT_HEARTBEAT, DEFAULT_LIMITS, type Heartbeat, type SignalingLimits } from './limits.ts';
export type { SignalingOptions } from './options.ts';
export { createSignalingServer, DEFAULT_PORT, type SignalingServer, type SignalingServerOptions } from './server.ts';
