/**
 * Watches all data channels of the page, whoever makes them: what crosses them, and what they refuse. So no system can use
 * another way without its bytes missing, and a message that is too large is not lost in somebody's `catch`.
 */
import type { Traffic } from './api.ts';

export interface ChannelWatch {
  traffic(): Promise<Traffic>;
  errors(): readonly string[];
}

/** Of the errors that repeat; enough to say why. */
const MAX_ERRORS = 20;

/** Chromium's figures lag behind. */
const SETTLE_MS = 300;

export function watchChannels(): ChannelWatch {
  const connections = new Set<RTCPeerConnection>();
  const errors: string[] = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.add(this);
    }
  };
  const send = RTCDataChannel.prototype.send as (this: RTCDataChannel, data: ArrayBuffer | string) => void;
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: ArrayBuffer | string): void {
    try {
      send.call(this, data);
    } catch (error) {
      if (errors.length < MAX_ERRORS) errors.push(`data channel: ${String(error)}`);
      throw error;
    }
  } as RTCDataChannel['send'];
  return {
    async traffic(): Promise<Traffic> {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const total = { bytesSent: 0, messagesSent: 0 };
      for (const connection of connections) {
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== 'data-channel') continue;
          total.bytesSent += report.bytesSent;
          total.messagesSent += report.messagesSent;
        }
      }
      return total;
    },
    errors: () => errors,
  };
}
