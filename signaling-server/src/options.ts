/** What a host may configure, and the check of it. */
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { type Admit, type AuthOptions, createAuth } from './auth/auth.ts';
import type { RedisOptions } from './cluster/cluster.ts';
import { DEFAULT_DRAIN_MS, DEFAULT_HEARTBEAT, DEFAULT_LIMITS, type Heartbeat, type SignalingLimits } from './limits.ts';
import { SILENT, type SignalingObserver } from './observer.ts';
import { createTurnIssuer, type IssueTurn, type TurnOptions } from './turn/credentials.ts';

export interface SignalingOptions {
  /** Who may connect, and join what. Default `none`: everybody. */
  readonly auth?: AuthOptions;
  /**
   * Origins of pages that may connect, such as `https://app.example.org`. Default: all. It keeps other sites' pages
   * out, no more: a program may send any origin, and one that sends none is let in.
   */
  readonly origins?: readonly string[];
  /**
   * How many proxies every connection passes through: the client's address is so many entries from the right of
   * `X-Forwarded-For`. Default 0: the header is not read. Too high a number lets clients choose their address.
   */
  readonly trustedProxies?: number;
  readonly limits?: Partial<SignalingLimits>;
  readonly heartbeat?: Partial<Heartbeat>;
  /**
   * Told what goes wrong while the server runs on, such as having no file descriptors left, or an `auth` that throws.
   * Default: a warning of the process.
   */
  readonly onProblem?: (problem: Error) => void;
  /** Over which clients are told to move on when it closes, milliseconds, where there are many. Default 5,000. */
  readonly drainMs?: number;
  /** Several processes with the same Redis are one server. Needs the package `@redis/client`. Default: this one alone. */
  readonly redis?: RedisOptions;
  /** A TURN server whose credentials clients are given. Only with `auth`: whoever gets them can send through it what they like. */
  readonly turn?: TurnOptions;
  /** Told what clients are refused and asked, for logs and metrics. */
  readonly observer?: SignalingObserver;
}

export interface CheckedOptions {
  readonly admit: Admit;
  /** Undefined: all. */
  readonly origins: ReadonlySet<string> | undefined;
  readonly trustedProxies: number;
  readonly limits: SignalingLimits;
  readonly heartbeat: Heartbeat;
  readonly drainMs: number;
  /** Undefined: there is one process. */
  readonly redis: RedisOptions | undefined;
  /** Undefined: there is no TURN server. */
  readonly issueTurn: IssueTurn | undefined;
  readonly onProblem: (problem: Error) => void;
  readonly observer: SignalingObserver;
}

/** More than one proxy is rare, more than a few a mistake. */
const MAX_TRUSTED_PROXIES = 10;

/** @throws P2PError BAD_OPTION */
export function checkOptions(options: SignalingOptions): CheckedOptions {
  const {
    auth = 'none',
    origins,
    trustedProxies = 0,
    onProblem = warn,
    drainMs = DEFAULT_DRAIN_MS,
    redis,
    turn,
    observer = SILENT,
  } = options;
  return {
    admit: createAuth(auth, onProblem),
    origins: origins === undefined ? undefined : new Set(origins.map(checkOrigin)),
    trustedProxies: checkHops(trustedProxies),
    limits: checkNumbers('limits', { ...DEFAULT_LIMITS, ...options.limits }),
    heartbeat: checkNumbers('heartbeat', { ...DEFAULT_HEARTBEAT, ...options.heartbeat }),
    drainMs: Math.max(drainMs, 1),
    redis: redis === undefined ? undefined : checkRedis(redis),
    issueTurn: turn === undefined ? undefined : checkTurn(turn, auth),
    onProblem,
    observer,
  };
}

/** Browsers send scheme, host and port alone; anything else would never match. */
function checkOrigin(origin: string): string {
  const web = URL.canParse(origin) ? new URL(origin).origin : undefined;
  // Applications in a shell have schemes of their own, whose `origin` is opaque.
  if (web === origin || (web === 'null' && /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(origin))) return origin;
  throw new P2PError('BAD_OPTION', 'origins: not an origin', {
    expected: 'scheme, host and port, such as https://app.example.org, without a path',
    got: JSON.stringify(origin),
    hint: origin === '*' ? 'leave the option out to let pages of all origins connect' : 'remove what follows the port',
  });
}

function checkHops(hops: number): number {
  if (Number.isInteger(hops) && hops >= 0 && hops <= MAX_TRUSTED_PROXIES) return hops;
  throw new P2PError('BAD_OPTION', 'trustedProxies is not usable', {
    expected: `the number of proxies before the server, 0 to ${MAX_TRUSTED_PROXIES}`,
    got: String(hops),
  });
}

const REDIS_URL = /^(?:rediss?:\/\/[^/]|unix:\/\/(?:[^/]*@)?\/.)/;

function checkRedis(redis: RedisOptions): RedisOptions {
  const { url, prefix = 'p' } = redis;
  if (REDIS_URL.test(url) && /^[A-Za-z0-9._~:-]{1,64}$/.test(prefix)) return redis;
  // The URL may hold a password.
  throw new P2PError('BAD_OPTION', 'redis is not usable', {
    expected: 'a url as redis://host:6379, rediss://host:6379 or unix:///path, and a prefix of A-Z a-z 0-9 . _ ~ : -',
    got: REDIS_URL.test(url) ? JSON.stringify(prefix) : 'another url',
  });
}

function checkTurn(turn: TurnOptions, auth: AuthOptions): IssueTurn {
  if (auth !== 'none') return createTurnIssuer(turn);
  throw new P2PError('BAD_OPTION', 'turn needs authentication', {
    expected: 'auth with tokens, JWTs or a function',
    got: 'none: everybody on the Internet would have an open relay',
  });
}

function checkNumbers<T extends object>(option: string, values: T): T {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) continue;
    throw new P2PError('BAD_OPTION', `${option}.${name} is not usable`, {
      expected: 'a positive number',
      got: String(value),
    });
  }
  return values;
}

export function warn(problem: Error): void {
  process.emitWarning(problem);
}
