import type { PoolStatus } from 'rxdb-p2p';
import type { KnownDevice } from '../components/pool-picture.tsx';
import type { Arranged } from '../notes/arrange.ts';
import { shortName } from './phrases.ts';

/** More do not fit the picture; a household has fewer. */
const SHOWN_DEVICES = 12;

/** The other devices of a board: first those that are here. @param own what this device signs with */
export function knownDevices(
  status: PoolStatus | undefined,
  arranged: Arranged | undefined,
  own: string,
): readonly KnownDevice[] {
  const names = arranged?.replicas ?? new Map<string, string>();
  const here = (status?.peers ?? []).map((peer) => ({
    replica: peer.replica,
    name: names.get(peer.replica) ?? `Device ${shortName(peer.replica)}`,
    peer,
  }));
  const away = [...names]
    .filter(([replica]) => replica !== status?.replica && !here.some((device) => device.replica === replica))
    .filter(([replica]) => arranged?.byId.get(`device-${own}`)?.parent !== replica)
    .map(([replica, name]) => ({ replica, name, peer: undefined }));
  return [...here, ...away].slice(0, SHOWN_DEVICES);
}
