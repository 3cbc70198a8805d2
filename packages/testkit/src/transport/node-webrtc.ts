/**
 * WebRTC for tests in Node, which talks to this machine alone. The native library holds its process until every
 * connection is closed, so close what you open.
 */
import * as wrtc from 'node-datachannel/polyfill';

export { wrtc as nodeWebRTC };

/** `bindAddress` is libdatachannel's own setting. */
export const LOOPBACK_CONFIG: RTCConfiguration = { bindAddress: '127.0.0.1' } as RTCConfiguration;
