export { describeTransport, SIGNAL_KEY, type TransportWorld } from './contract.ts';
export { type ObservedLink, type ObservedPeer, observeLink, observePeer, pause, until } from './listener.ts';
