/** The credentials that the signaling server has issued, while they are good for a new connection. */
import type { TurnMessage } from '@rxdb-p2p/protocol/signaling';

export interface IssuedTurn {
  take(turn: TurnMessage): void;
  /** `config` with the TURN server, if there is one now. */
  addTo(config: RTCConfiguration): RTCConfiguration;
}

/** @param now a clock in milliseconds that does not depend on the device's time being right */
export function createIssuedTurn(now: () => number): IssuedTurn {
  let issued: { readonly server: RTCIceServer; readonly until: number } | undefined;
  return {
    take({ urls, username, credential, seconds }) {
      issued = { server: { urls: [...urls], username, credential }, until: now() + seconds * 1_000 };
    },
    addTo(config) {
      if (issued === undefined || now() >= issued.until) return config;
      return { ...config, iceServers: [...(config.iceServers ?? []), issued.server] };
    },
  };
}
