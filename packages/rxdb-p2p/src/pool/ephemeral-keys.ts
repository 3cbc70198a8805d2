/** The ephemeral keys of a hub's handshakes: one that comes twice is of a handshake that somebody has recorded. */
import { base64url } from '@rxdb-p2p/protocol';
import type { Ephemerals } from '@rxdb-p2p/protocol/secrecy';

/**
 * Keys of either kind. A recorded handshake that is older is refused as well, when it cannot go on: this only tells what it is.
 */
const MAX_KEYS = 1_024;

export function createEphemeralKeys(): Ephemerals {
  const own = new Set<string>();
  const remote = new Set<string>();

  function add(keys: Set<string>, key: string): void {
    keys.add(key);
    const [oldest] = keys;
    if (keys.size > MAX_KEYS && oldest !== undefined) keys.delete(oldest);
  }

  return {
    made: (publicKey) => add(own, base64url(publicKey)),
    met(publicKey) {
      const key = base64url(publicKey);
      if (own.has(key)) return 'own';
      if (remote.has(key)) return 'seen';
      add(remote, key);
      return 'new';
    },
  };
}
