import type { JSX } from 'preact';
import { peerMood, peerPhrase, routePhrase, when } from '../pool/phrases.ts';
import type { KnownDevice } from './pool-picture.tsx';

interface Props {
  readonly devices: readonly KnownDevice[];
  /** When others last had everything, by replica id. */
  readonly seen: Readonly<Record<string, number>> | undefined;
}

export function DeviceList({ devices, seen }: Props): JSX.Element | null {
  if (devices.length === 0) return null;
  return (
    <ul class="card devices" aria-label="Other devices">
      {devices.map(({ replica, name, peer }) => {
        const at = peer?.lastCompleteAt ?? seen?.[replica];
        return (
          <li key={replica} data-phase={peer?.phase ?? 'away'}>
            <span class={`dot ${peer === undefined ? '' : peerMood(peer)}`} />
            <span>
              <b>{name}</b>
              <span class="fine">
                {peer === undefined ? 'not here now' : peerPhrase(peer)}
                {peer !== undefined && routePhrase(peer) !== '' && <span class="route">, {routePhrase(peer)}</span>}
              </span>
              {peer?.phase !== 'in-sync' && (
                <span class="fine">
                  {at === undefined ? 'never had everything yet' : `had everything at ${when(at)}`}
                </span>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
