/**
 * Keys for JWTs, each with the one algorithm that it is for. A token's header chooses neither (RFC 8725 §3.1): what
 * it says must fit the key, and keys or addresses in it (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import type { JWTVerifyGetKey } from 'jose';
import { createJwks, type JwksOptions } from './jwks.ts';

export const PUBLIC_KEY_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;
export type PublicKeyAlgorithm = (typeof PUBLIC_KEY_ALGORITHMS)[number];

export interface SecretKey {
  readonly algorithm: 'HS256';
  /** Shared with whoever makes the tokens: 32 bytes of UTF-8 at least (RFC 7518 §3.2). */
  readonly secret: string;
}

export interface PublicKey {
  readonly algorithm: PublicKeyAlgorithm;
  /** PEM, `-----BEGIN PUBLIC KEY-----`. RSA of 2,048 bits at least. */
  readonly publicKey: string;
}

export type JwtKey = SecretKey | PublicKey;

export interface Verifier {
  readonly algorithm: 'HS256' | PublicKeyAlgorithm;
  readonly key: KeyObject | Uint8Array | JWTVerifyGetKey;
}

/** Keys that are tried one after the other: the current one and those that are being replaced. */
const MAX_KEYS = 8;
const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2_048;

/** @throws P2PError BAD_OPTION */
export function createVerifiers(keys: readonly JwtKey[], jwks: JwksOptions | undefined): readonly Verifier[] {
  if (keys.length > MAX_KEYS) throw badKeys('keys', `at most ${MAX_KEYS}`, String(keys.length));
  const own = keys.map((key) => ('secret' in key ? secretVerifier(key) : publicVerifier(key)));
  const verifiers = jwks === undefined ? own : [...own, { algorithm: known(jwks.algorithm), key: createJwks(jwks) }];
  if (verifiers.length === 0) throw badKeys('keys', 'keys, or jwks', 'neither');
  return verifiers;
}

function secretVerifier({ algorithm, secret }: SecretKey): Verifier {
  if (algorithm !== 'HS256') throw badKeys('keys', 'HS256 for a secret', String(algorithm));
  const key = new TextEncoder().encode(secret);
  if (key.length >= MIN_SECRET_BYTES) return { algorithm, key };
  throw badKeys('keys', `a secret of at least ${MIN_SECRET_BYTES} bytes for HS256`, `${key.length} bytes`);
}

function publicVerifier({ algorithm, publicKey }: PublicKey): Verifier {
  if (publicKey.includes('PRIVATE KEY')) throw badKeys('keys', 'a public key', 'a private one, which no server needs');
  const key = parsePem(publicKey);
  if (fits(known(algorithm), key)) return { algorithm, key };
  throw badKeys('keys', `a key for ${algorithm}`, describe(key));
}

function parsePem(text: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch {
    throw badKeys('keys', 'a public key as PEM', 'text that is none');
  }
}

function fits(algorithm: PublicKeyAlgorithm, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (algorithm) {
    case 'RS256':
    case 'PS256':
      return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
    case 'ES256':
      return asymmetricKeyDetails?.namedCurve === 'prime256v1';
    case 'ES384':
      return asymmetricKeyDetails?.namedCurve === 'secp384r1';
    case 'EdDSA':
      return asymmetricKeyType === 'ed25519';
  }
}

function describe({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const detail = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength ?? '';
  return `${asymmetricKeyType ?? 'unknown'} ${detail}`.trim();
}

function known(algorithm: PublicKeyAlgorithm): PublicKeyAlgorithm {
  if (PUBLIC_KEY_ALGORITHMS.includes(algorithm)) return algorithm;
  throw badKeys('algorithm', `HS256 for a secret, or one of ${PUBLIC_KEY_ALGORITHMS.join(', ')}`, String(algorithm));
}

function badKeys(name: string, expected: string, got: string): P2PError {
  return new P2PError('BAD_OPTION', `auth.${name} is not usable`, { expected, got });
}
