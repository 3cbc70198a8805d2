/** What a realm has of its own: everything that imports RxDB. */
export { createReplica } from '../replicas.ts';
export { createRxdbP2P } from '../systems/rxdb-p2p.ts';
export { createRxdbWebrtc } from '../systems/rxdb-webrtc.ts';
