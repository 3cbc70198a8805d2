/** Who may do what in a pool: the application's answer about one replica, as two rights. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { PeerIdentity, PeerRights, PeerVerdict } from './types.ts';

/** What the application has given to decide by; whoever fails one of them is not let in. */
export interface PeerRules {
  /** Undefined: anybody. */
  readonly allowedPeers: ReadonlySet<string> | undefined;
  readonly isPeerValid: ((peer: PeerIdentity) => boolean | Promise<boolean>) | undefined;
  readonly authorize: ((peer: PeerIdentity) => PeerVerdict | Promise<PeerVerdict>) | undefined;
}

const ALL: PeerRights = { read: true, write: true };
export const NO_RIGHTS: PeerRights = { read: false, write: false };

/** @throws P2PError `PEER_CHECK_FAILED` when the application's functions throw or answer something else */
export async function rightsOf(rules: PeerRules, replica: string): Promise<PeerRights> {
  const { allowedPeers, isPeerValid, authorize } = rules;
  if (allowedPeers !== undefined && !allowedPeers.has(replica)) return NO_RIGHTS;
  if (isPeerValid !== undefined && !(await asked('isPeerValid', () => isPeerValid({ replica })))) return NO_RIGHTS;
  if (authorize === undefined) return ALL;
  const verdict: unknown = await asked('authorize', () => authorize({ replica }));
  if (verdict === 'allow') return ALL;
  if (verdict === 'deny') return NO_RIGHTS;
  const { read, write } = (verdict ?? {}) as Partial<PeerRights>;
  if (typeof read === 'boolean' && typeof write === 'boolean') return { read, write };
  throw new P2PError('PEER_CHECK_FAILED', 'authorize gave no verdict; the peer is not let in', {
    expected: '`allow`, `deny` or { read: boolean, write: boolean }',
    got: typeof verdict,
  });
}

async function asked<T>(name: string, ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new P2PError('PEER_CHECK_FAILED', `${name} failed; the peer is not let in`, { cause, got: String(cause) });
  }
}
