/** JWTs of an identity provider, or of the application's own backend, checked by jose. */
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { type Authenticate, deny, type NoAdmission, type Verdict } from './admission.ts';
import type { JwksOptions } from './jwks.ts';
import { createVerifiers, type JwtKey, type Verifier } from './jwt-keys.ts';
import { MAX_NAMESPACES, parseNamespaces } from './namespaces.ts';

export interface JwtOptions {
  /** The claim `iss` of every token. */
  readonly issuer: string;
  /** The claim `aud` of every token, or one of its entries. */
  readonly audience: string;
  /** Keys that tokens may be signed with. */
  readonly keys?: readonly JwtKey[];
  /** Where the issuer publishes its keys. */
  readonly jwks?: JwksOptions;
  /** The claim with the namespaces that may be joined: a list, as in an `Admission`. Default `namespaces`. */
  readonly namespacesClaim?: string;
}

/** How far the clocks of issuer and server may be apart, seconds; so long a token is taken after its end. */
export const CLOCK_TOLERANCE_S: number = 60;

/** @throws P2PError BAD_OPTION */
export function createJwtAuth(options: JwtOptions): Authenticate {
  const { issuer, audience, keys = [], jwks, namespacesClaim = 'namespaces' } = options;
  for (const [name, value] of Object.entries({ issuer, audience, namespacesClaim })) {
    if (typeof value === 'string' && value !== '') continue;
    throw new P2PError('BAD_OPTION', `auth.${name} is missing`, { expected: 'text', got: JSON.stringify(value) });
  }
  const verifiers = createVerifiers(keys, jwks);

  async function verify(token: string, { algorithm, key }: Verifier): Promise<Verdict> {
    const claims = {
      ...{ issuer, audience, algorithms: [algorithm], clockTolerance: CLOCK_TOLERANCE_S },
      requiredClaims: ['exp', 'aud', 'iss'],
    };
    try {
      const verified = typeof key === 'function' ? jwtVerify(token, key, claims) : jwtVerify(token, key, claims);
      return admit((await verified).payload, namespacesClaim);
    } catch (problem) {
      return refusalFor(problem, token);
    }
  }

  return async (token) => {
    if (token === undefined) return deny('TOKEN_REQUIRED', 'connect with a token');
    let refusal = deny('TOKEN_ALGORITHM', 'no key is for its algorithm');
    for (const verifier of verifiers) {
      const verdict = await verify(token, verifier);
      // Another key may still fit, unless this one did.
      if (verdict.ok || !OF_THE_KEY.has(verdict.code)) return verdict;
      if (RANK.indexOf(verdict.code) >= RANK.indexOf(refusal.code)) refusal = verdict;
    }
    return refusal;
  };
}

/** Refusals that come of the wrong key, the less telling first. */
const RANK: readonly string[] = ['TOKEN_ALGORITHM', 'TOKEN_INVALID', 'TOKEN_UNSIGNED'];
const OF_THE_KEY: ReadonlySet<string> = new Set(RANK);

function admit(payload: JWTPayload, claim: string): Verdict {
  const namespaces = Object.hasOwn(payload, claim) ? parseNamespaces(payload[claim]) : undefined;
  if (namespaces === undefined) {
    return deny('TOKEN_NAMESPACES', `expected a claim with a list of at most ${MAX_NAMESPACES} namespaces`);
  }
  const { exp = 0 } = payload;
  return { ok: true, namespaces, expiresAt: (exp + CLOCK_TOLERANCE_S) * 1_000 };
}

function refusalFor(problem: unknown, token: string): NoAdmission {
  if (problem instanceof errors.JWTExpired) return deny('TOKEN_EXPIRED', 'the token has ended');
  if (problem instanceof errors.JWTClaimValidationFailed) return claimRefusal(problem.claim);
  if (problem instanceof errors.JOSEAlgNotAllowed) {
    if (isUnsigned(token)) return deny('TOKEN_UNSIGNED', 'the token has no signature');
    return deny('TOKEN_ALGORITHM', 'the token is signed with an algorithm that no key is for');
  }
  if (isOfToken(problem))
    return deny('TOKEN_INVALID', 'the token is malformed, or its signature is not of a known key');
  // Not the token's fault: its keys are out of reach.
  throw problem;
}

function claimRefusal(claim: string): NoAdmission {
  switch (claim) {
    case 'iss':
      return deny('TOKEN_ISSUER', 'the token is of another issuer');
    case 'aud':
      return deny('TOKEN_AUDIENCE', 'the token is for another audience');
    case 'nbf':
      return deny('TOKEN_NOT_YET_VALID', 'the token is not valid yet');
    default:
      return deny('TOKEN_INVALID', 'the token lacks a claim, or has a malformed one');
  }
}

const TOKEN_PROBLEMS = [
  errors.JWSInvalid,
  errors.JWTInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
] as const;

function isOfToken(problem: unknown): boolean {
  return TOKEN_PROBLEMS.some((kind) => problem instanceof kind);
}

function isUnsigned(token: string): boolean {
  return String(decodeProtectedHeader(token).alg).toLowerCase() === 'none';
}
