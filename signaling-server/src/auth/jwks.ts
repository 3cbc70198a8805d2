/** Keys that an identity provider publishes: fetched over https, kept for a while, and never asked for in a hurry. */
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import type { PublicKeyAlgorithm } from './jwt-keys.ts';

export interface JwksOptions {
  /** https. */
  readonly url: string;
  /** Of the keys there. */
  readonly algorithm: PublicKeyAlgorithm;
}

/** An answer of the key server, milliseconds: clients wait for it, 10 s in all. */
const TIMEOUT_MS = 5_000;
/** Between two requests, milliseconds, whatever unknown key ids the tokens of strangers name. */
const COOLDOWN_MS = 30_000;
/** How long nobody asks again after a request that failed, milliseconds. jose has no such pause. */
const FAILURE_COOLDOWN_MS = 5_000;
/** How long keys are used, milliseconds: one that was withdrawn is refused after this. */
const CACHE_MS = 600_000;

/** @throws P2PError BAD_OPTION */
export function createJwks({ url }: JwksOptions): JWTVerifyGetKey {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') {
    throw new P2PError('BAD_OPTION', 'auth.jwks.url is not usable', {
      expected: 'an https URL',
      got: JSON.stringify(url),
    });
  }
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: CACHE_MS,
    [customFetch]: patientFetch(),
  });
}

type Fetch = (url: string, options: RequestInit) => Promise<Response>;

function patientFetch(): Fetch {
  let notBefore = 0;
  return async (url, options) => {
    if (performance.now() < notBefore) throw new Error('the last request failed a moment ago');
    // Until it has succeeded.
    notBefore = performance.now() + FAILURE_COOLDOWN_MS;
    const response = await fetch(url, options);
    if (response.status === 200) notBefore = 0;
    return response;
  };
}
