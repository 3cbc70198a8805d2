/** How a hub names tabs, connections and times. */
import type { PeerIntroduction } from '@rxdb-p2p/protocol';

/** A peer may say any number; a date reaches to the year 275760. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms since 1970` : date.toISOString();
}

export function tabOf({ replica, session }: PeerIntroduction): string {
  return `${replica} ${hex(session)}`;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
