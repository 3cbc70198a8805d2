/** rxdb-p2p: RxDB collections that sync straight from browser to browser. */
export { P2PError } from '@rxdb-p2p/protocol';
export { RxDBP2PPlugin } from './plugin/plugin.ts';
export { type DirectionOptions, type ReplicateP2POptions, replicateP2P } from './plugin/replicate-p2p.ts';
export * from './pool/types.ts';
export { createTopicSecret } from './topic-secret.ts';
export { createMemoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from './transport/memory.ts';
export type { Link, Transport, TransportEvents, TransportFactory } from './transport/port.ts';
export { type ConnectionHandlerOptions, getConnectionHandlerSimplePeer } from './transport/simple-peer.ts';
