/** One token for all: for a closed group, or a server that only the application's own backend tells of. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { type Authenticate, deny } from './admission.ts';

export interface TokenOptions {
  /** One or several that are valid at once, so that they can be changed; each of 16 characters at least. */
  readonly tokens: readonly string[];
  /** As in an `Admission`. Default: every room. */
  readonly namespaces?: readonly string[];
}

/** Characters. Fewer can be guessed. */
const MIN_TOKEN_LENGTH = 16;

/** @throws P2PError BAD_OPTION */
export function createTokenAuth({ tokens, namespaces }: TokenOptions): Authenticate {
  if (tokens.length === 0 || tokens.some((token) => token.length < MIN_TOKEN_LENGTH)) {
    throw new P2PError('BAD_OPTION', 'auth.tokens is not usable', {
      expected: `one or more tokens of at least ${MIN_TOKEN_LENGTH} characters`,
      got: `${tokens.length} tokens of ${tokens.map((token) => token.length).join(', ')} characters`,
      hint: 'make one with: openssl rand -base64 32',
    });
  }
  const digests = tokens.map(digest);
  return (token) => {
    if (token === undefined) return deny('TOKEN_REQUIRED', 'connect with a token');
    const given = digest(token);
    // All are compared, in the same time whether and where they differ.
    const known = digests.filter((one) => timingSafeEqual(one, given)).length > 0;
    if (!known) return deny('TOKEN_INVALID', 'this token is not known here');
    return { ok: true, ...(namespaces === undefined ? {} : { namespaces }) };
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
