/** All that a signaling server and its clients share; nothing else of the protocol is loaded with it. */
export { P2PError, type P2PErrorDetails } from '../errors.ts';
export * from './messages.ts';
export * from './validate.ts';
