import type { DescribedConnection } from './dtls-fingerprint.ts';

/** The part of simple-peer that is used here. `@types/simple-peer` would bring in all types of Node. */
export interface SimplePeerOptions {
  readonly initiator: boolean;
  readonly wrtc: object;
  readonly config: object;
  readonly trickle: true;
  readonly objectMode: true;
  readonly channelConfig: RTCDataChannelInit;
  readonly iceCompleteTimeout: number;
}

export interface SimplePeerInstance {
  /** Exists from the start where both sides open the same channel; null once destroyed. */
  readonly _channel: RTCDataChannel | null;
  /** null once destroyed */
  readonly _pc: (Pick<RTCPeerConnection, 'iceConnectionState' | 'getStats'> & DescribedConnection) | null;
  signal(signal: object): void;
  send(message: Uint8Array): void;
  destroy(): void;
  on(event: 'signal', listener: (signal: unknown) => void): void;
  on(event: 'data', listener: (data: unknown) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'connect' | 'close' | 'iceStateChange', listener: () => void): void;
}

export type SimplePeerClass = new (options: SimplePeerOptions) => SimplePeerInstance;
