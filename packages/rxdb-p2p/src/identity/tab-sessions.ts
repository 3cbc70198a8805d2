/**
 * The sessions of this replica's own tabs, beside its key pair: who comes with our replica id and a session that is none of
 * these is another device with a copy of our profile.
 */
import type { Sidecar } from '../journal/sidecar.ts';

const PREFIX = 'session-';

/** Sessions to remember: tabs that are open, and some that were closed without notice. */
const MAX_SESSIONS = 64;

interface StoredSession {
  readonly v: 1;
  /** milliseconds since 1970 */
  readonly at: number;
}

/** @param session as hexadecimal digits */
export async function noteSession(sidecar: Sidecar, session: string, now: number): Promise<void> {
  const stored: StoredSession = { v: 1, at: now };
  await sidecar.insert([{ key: PREFIX + session, text: JSON.stringify(stored) }]);
  const rows = (await sidecar.readAll()).filter(({ key }) => key.startsWith(PREFIX));
  if (rows.length <= MAX_SESSIONS) return;
  const oldest = rows.sort((a, b) => timeOf(a.text) - timeOf(b.text)).slice(0, rows.length - MAX_SESSIONS);
  await sidecar.remove(oldest.map(({ key }) => key));
}

export async function isOwnSession(sidecar: Sidecar, session: string): Promise<boolean> {
  return (await sidecar.readAll()).some(({ key }) => key === PREFIX + session);
}

/** What cannot be read is the oldest. */
function timeOf(text: string): number {
  try {
    const { at } = JSON.parse(text) as Partial<StoredSession>;
    return typeof at === 'number' ? at : 0;
  } catch {
    return 0;
  }
}
