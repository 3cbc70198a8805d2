/** The credentials that the signaling server has issued, while they are good for a new connection. */
import type { TurnMessage } from '@rxdb-p2p/protocol/signaling';

export interface IssuedTurn {
  /** @param signaling number of the signaling server that has issued them */
  take(signaling: number, turn: TurnMessage): void;
  /** `config` with the TURN servers that there are now. */
  addTo(config: RTCConfiguration): RTCConfiguration;
}

/** @param now a clock in milliseconds that does not depend on the device's time being right */
export function createIssuedTurn(now: () => number): IssuedTurn {
  const issued = new Map<number, { readonly server: RTCIceServer; readonly until: number }>();
  return {
    take(signaling, { urls, username, credential, seconds }) {
      issued.set(signaling, { server: { urls: [...urls], username, credential }, until: now() + seconds * 1_000 });
    },
    addTo(config) {
      const servers = [...issued.values()].flatMap(({ server, until }) => (now() < until ? [server] : []));
      return servers.length === 0 ? config : { ...config, iceServers: [...(config.iceServers ?? []), ...servers] };
    },
  };
}
