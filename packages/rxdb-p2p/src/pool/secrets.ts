/** What a database knows of its topics' secrets, and the cryptography that makes keys of them: loaded when it is needed. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { TopicKeys } from '@rxdb-p2p/protocol/secrecy';
import { stretchOnce } from '../identity/stretched-secrets.ts';
import type { Sidecar } from '../journal/sidecar.ts';
import { loadPart } from '../load-part.ts';
import type { PoolOptions } from '../plugin/options.ts';
import { createBackoff } from '../transport/backoff.ts';
import type { Timers } from './timers.ts';

export type Secrecy = typeof import('@rxdb-p2p/protocol/secrecy');

export interface Secrets {
  /** Importing this package runs none of it. @throws P2PError `CANCELLED` when nobody waits any more */
  load(): Promise<Secrecy>;
  /** In the tab that leads: others need no keys. @throws what the storage throws, and `CANCELLED` */
  keysOf(options: PoolOptions): Promise<TopicKeys>;
  /** Once for each database: a topic is open to whoever knows its name. */
  warn(): void;
}

export interface SecretsDeps {
  readonly timers: Timers;
  /** where stretched passphrases are remembered, if it encrypts */
  readonly sidecar: () => Promise<Sidecar>;
  /** Told each time that a part of the application cannot be loaded. */
  readonly onProblem: (problem: P2PError) => void;
  /** Whether nobody waits for anything any more. */
  readonly isOver: () => boolean;
}

/** Between attempts to load a chunk of the application, milliseconds. */
const LOAD_RETRY = { minMs: 1_000, maxMs: 30_000 };

export function createSecrets({ timers, sidecar, onProblem, isOver }: SecretsDeps): Secrets {
  let hasWarned = false;

  async function load(): Promise<Secrecy> {
    const delays = createBackoff(LOAD_RETRY, timers.random);
    for (;;) {
      try {
        return await loadPart(() => import('@rxdb-p2p/protocol/secrecy'));
      } catch (error) {
        if (!(error instanceof P2PError)) throw error;
        onProblem(error);
      }
      await new Promise<void>((resolve) => timers.after(delays.next(), resolve));
      if (isOver()) throw new P2PError('CANCELLED', 'the last pool was cancelled');
    }
  }

  return {
    load,
    async keysOf({ namespace, topic, secret }) {
      const { deriveTopicKeys, stretchPassphrase } = await load();
      const name = { namespace, topic };
      if (secret?.kind !== 'passphrase') return deriveTopicKeys(secret?.bytes, name);
      const stretch = (): Promise<Uint8Array> => stretchPassphrase(secret.text, name);
      return deriveTopicKeys(await stretchOnce(await sidecar(), secret.text, name, stretch), name);
    },
    warn() {
      if (hasWarned) return;
      hasWarned = true;
      // biome-ignore lint/suspicious/noConsole: a developer has to see it who does not look at the status
      console.warn(
        'rxdb-p2p: a topic is open without `secret`: whoever knows or guesses its name can join, read and write. ' +
          'createTopicSecret() makes one.',
      );
    },
  };
}
