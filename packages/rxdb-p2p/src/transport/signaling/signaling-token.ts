/** The token that lets this client in: asked for with every connection, and again when the server says that it ends. */
import { P2PError } from '@rxdb-p2p/protocol';
import { isToken, MAX_TOKEN_LENGTH } from '@rxdb-p2p/protocol/signaling';

/**
 * Called whenever a token is needed, so that it can come fresh from a login; with the origin of the server that asks,
 * so that none is given another one's.
 */
export type GetToken = (server: string) => string | Promise<string>;

/** Between two renewals, milliseconds, however often a server asks. */
export const RENEWAL_PAUSE_MS: number = 1_000;

/** Never rejects: what the application threw, or gave instead of a token, is the problem that is returned. */
export async function fetchToken(getToken: GetToken, server: string): Promise<string | P2PError> {
  let token: unknown;
  try {
    token = await getToken(server);
  } catch (cause) {
    return tokenFailed(cause instanceof Error ? cause.message : 'something else than an Error thrown', cause);
  }
  // Not a word of what may be a secret.
  return isToken(token) ? token : tokenFailed(typeof token === 'string' ? `${token.length} characters` : typeof token);
}

function tokenFailed(got: string, cause?: unknown): P2PError {
  return new P2PError('TOKEN_FAILED', '`getToken` has given no token for the signaling server', {
    expected: `a string of 1 to ${MAX_TOKEN_LENGTH} characters`,
    got,
    hint: 'it is called again with the next attempt; connected peers stay connected',
    cause,
  });
}
