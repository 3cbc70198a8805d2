/** The option `auth`: which way of authentication a server uses. */
import { AUTH_CODES, isToken, MAX_TOKEN_LENGTH, P2PError } from '@rxdb-p2p/protocol/signaling';
import { type Applicant, type Authenticate, deny, type Verdict } from './admission.ts';
import { createJwtAuth, type JwtOptions } from './jwt.ts';
import { parseNamespaces } from './namespaces.ts';
import { createTokenAuth, type TokenOptions } from './static-token.ts';

/** `none` lets everybody in: for development, and where the network keeps strangers out. */
export type AuthOptions = 'none' | TokenOptions | JwtOptions | Authenticate;

/** Judges what a client sent as its token: anything. Never rejects. */
export type Admit = (token: unknown, applicant: Applicant) => Promise<Verdict>;

/** What an answer may take, milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * @param onProblem told of what a hook throws
 * @throws P2PError BAD_OPTION
 */
export function createAuth(options: AuthOptions, onProblem: (problem: Error) => void): Admit {
  const authenticate = choose(options);
  return async (token, applicant) => {
    if (token !== undefined && !isToken(token)) {
      return deny('TOKEN_INVALID', `expected a token of 1 to ${MAX_TOKEN_LENGTH} characters`);
    }
    try {
      return checked(await inTime(authenticate(token, applicant)));
    } catch (cause) {
      onProblem(new P2PError('AUTH_UNAVAILABLE', 'a token could not be checked', { got: String(cause), cause }));
      return deny('AUTH_UNAVAILABLE', 'tokens cannot be checked at the moment');
    }
  };
}

/**
 * The token that a client came with. Handshakes are kept as long as their sockets, and get into logs: from here on
 * nobody finds it there.
 */
export function takeToken(handshake: { auth: Record<string, unknown> }): unknown {
  const { token } = handshake.auth;
  handshake.auth = {};
  return token;
}

function choose(options: AuthOptions): Authenticate {
  if (options === 'none') return () => ({ ok: true });
  if (typeof options === 'function') return options;
  if ('tokens' in options) return createTokenAuth(options);
  if ('issuer' in options) return createJwtAuth(options);
  throw new P2PError('BAD_OPTION', 'auth is not usable', {
    expected: "'none', { tokens }, { issuer, audience, keys or jwks }, or a function",
    got: typeof options,
  });
}

/** A hook is somebody else's code: a slip in it must not let anybody in. */
function checked(verdict: Verdict): Verdict {
  if (verdict.ok === false && AUTH_CODES.includes(verdict.code)) return deny(verdict.code, String(verdict.message));
  if (verdict.ok !== true) throw new Error('the answer of auth is none');
  const { namespaces, expiresAt } = verdict;
  if (namespaces !== undefined && parseNamespaces(namespaces) === undefined) throw new Error('namespaces are none');
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) throw new Error('expiresAt is no time');
  if (expiresAt !== undefined && expiresAt <= Date.now()) return deny('TOKEN_EXPIRED', 'the token has ended');
  return verdict;
}

async function inTime(verdict: Verdict | Promise<Verdict>): Promise<Verdict> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([verdict, late]);
  } finally {
    clearTimeout(timer);
  }
}
