/**
 * Short-lived credentials for a TURN server that knows the same secret: coturn's `use-auth-secret`, "A REST API For
 * Access To TURN Services" (draft-uberti-behave-turn-rest). They say nothing about who got them.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { P2PError, parseTurnMessage, type TurnMessage } from '@rxdb-p2p/protocol/signaling';

export interface TurnOptions {
  /** Such as `turn:turn.example.org:3478?transport=udp` and `turns:turn.example.org:5349`; all with the same secret. */
  readonly urls: readonly string[];
  /** coturn's `static-auth-secret`, 16 characters at least. */
  readonly secret: string;
  /** How long one is good for a new connection, seconds, 10 to 86,400. Default 3,600. Half of it at least is left when it is used. */
  readonly ttlSeconds?: number;
}

/** Makes credentials that are good until then at the latest, milliseconds since 1970; undefined: for `ttlSeconds`. */
export type IssueTurn = (latest: number | undefined) => TurnMessage;

const DEFAULT_TTL_SECONDS = 3_600;
/** Shorter ones end before a connection is made on a slow network; longer ones are good for nothing but theft. */
const MIN_TTL_SECONDS = 10;
const MAX_TTL_SECONDS = 86_400;
/** Characters; fewer can be guessed from one credential. */
const MIN_SECRET_LENGTH = 16;
/** Of the random part of a name, bytes: coturn's quota of a user is one of a credential. */
const USER_BYTES = 12;

/** @throws P2PError BAD_OPTION */
export function createTurnIssuer({ urls, secret, ttlSeconds = DEFAULT_TTL_SECONDS }: TurnOptions): IssueTurn {
  if (typeof secret !== 'string' || secret.length < MIN_SECRET_LENGTH) {
    throw wrong('secret', `${MIN_SECRET_LENGTH} characters at least; make one with: openssl rand -hex 32`, 'fewer');
  }
  if (!(ttlSeconds >= MIN_TTL_SECONDS && ttlSeconds <= MAX_TTL_SECONDS)) {
    throw wrong('ttlSeconds', `${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS}`, String(ttlSeconds));
  }
  const issue: IssueTurn = (latest) => {
    const now = Date.now();
    const end = Math.floor(Math.min(latest ?? Number.POSITIVE_INFINITY, now + ttlSeconds * 1_000) / 1_000);
    const username = `${end}:${randomBytes(USER_BYTES).toString('base64url')}`;
    const credential = createHmac('sha1', secret).update(username).digest('base64');
    return { urls: [...urls], username, credential, seconds: Math.max(1, end - Math.ceil(now / 1_000)) };
  };
  if (parseTurnMessage(issue(undefined)) === undefined) {
    throw wrong('urls', 'one to eight as turn:host:port?transport=udp or turns:host:port', JSON.stringify(urls));
  }
  return issue;
}

function wrong(name: string, expected: string, got: string): P2PError {
  return new P2PError('BAD_OPTION', `turn.${name} is not usable`, { expected, got });
}
