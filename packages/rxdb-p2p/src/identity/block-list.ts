/** Replicas that this database talks to no more, beside its key pair: one row each, for all tabs and all times. */
import type { Sidecar } from '../journal/sidecar.ts';

const PREFIX = 'blocked-';

export async function readBlocked(sidecar: Sidecar): Promise<ReadonlySet<string>> {
  const rows = await sidecar.readAll();
  return new Set(rows.flatMap(({ key }) => (key.startsWith(PREFIX) ? [key.slice(PREFIX.length)] : [])));
}

/** @param now milliseconds since 1970 */
export async function addBlocked(sidecar: Sidecar, replica: string, now: number): Promise<void> {
  await sidecar.insert([{ key: PREFIX + replica, text: JSON.stringify({ v: 1, at: now }) }]);
}

export async function removeBlocked(sidecar: Sidecar, replica: string): Promise<void> {
  await sidecar.remove([PREFIX + replica]);
}
