import type { JSX } from 'preact';
import type { PeerSnapshot } from 'rxdb-p2p';
import { peerMood, peerPhrase, routePhrase, shortName } from '../pool/phrases.ts';

interface Props {
  readonly peers: readonly PeerSnapshot[];
  /** Names of devices by replica id. */
  readonly names: ReadonlyMap<string, string> | undefined;
}

export function PeopleList({ peers, names }: Props): JSX.Element | null {
  if (peers.length === 0) return null;
  return (
    <ul class="people" aria-label="Devices that are here">
      {peers.map((peer) => (
        <li key={peer.replica} data-phase={peer.phase}>
          <span class={`dot ${peerMood(peer)}`} />
          <b>{names?.get(peer.replica) ?? `Device ${shortName(peer.replica)}`}</b>
          <span class="fine">
            {peerPhrase(peer)}
            {routePhrase(peer) !== '' && <span class="route">, {routePhrase(peer)}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
