/** All settings of the command, each as a flag and as a variable of the environment, in one table: checked, and told by --help. */
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { DEFAULT_LIMITS } from './limits.ts';

/** Of the environment: `--jwt-issuer` is `P2P_SIGNALING_JWT_ISSUER`. */
export const ENV_PREFIX: string = 'P2P_SIGNALING_';

/** What the settings are, once they are checked. */
export interface Settings {
  readonly port?: number;
  readonly host?: string;
  readonly origin?: readonly string[];
  readonly 'trusted-proxies'?: number;
  readonly 'tls-cert'?: string;
  readonly 'tls-key'?: string;
  readonly 'tokens-file'?: string;
  readonly 'jwt-issuer'?: string;
  readonly 'jwt-audience'?: string;
  readonly 'jwt-algorithm'?: string;
  readonly 'jwt-key-file'?: readonly string[];
  readonly 'jwt-secret-file'?: readonly string[];
  readonly 'jwks-url'?: string;
  readonly 'jwt-namespaces-claim'?: string;
  readonly limit?: Readonly<Record<string, number>>;
  readonly 'redis-url'?: string;
  readonly 'redis-prefix'?: string;
  readonly 'turn-url'?: readonly string[];
  readonly 'turn-secret-file'?: string;
  readonly 'turn-ttl-seconds'?: number;
  readonly 'metrics-port'?: number;
  readonly 'metrics-host'?: string;
  readonly 'drain-seconds'?: number;
  readonly 'log-level'?: LogLevel;
}

export type SettingName = keyof Settings;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

interface Setting<T> {
  readonly short?: string;
  /** What stands behind the flag in the help. */
  readonly value: string;
  readonly help: string;
  /** May be given several times; in the environment with commas between. */
  readonly many?: boolean;
  /** All values that were given, at least one. Throws BAD_OPTION. */
  readonly read: (texts: readonly string[], name: string) => T;
}

const one = ([text = '']: readonly string[]): string => text;
const all = (texts: readonly string[]): readonly string[] => texts;

/** A name that is missing here does not compile. */
const SETTINGS: { readonly [Name in SettingName]-?: Setting<NonNullable<Settings[Name]>> } = {
  port: {
    short: 'p',
    value: 'number',
    help: 'port to listen on, 0 for any free one (default 8787)',
    read: integer(65_535),
  },
  host: { short: 'H', value: 'address', help: 'address to listen on (default: all)', read: one },
  origin: {
    ...{ short: 'o', value: 'origin', many: true },
    help: 'let only pages of this origin connect, such as https://app.example.org (default: all)',
    read: all,
  },
  'trusted-proxies': {
    value: 'number',
    help: "proxies that every connection passes through: the client's address is so many entries from the right of X-Forwarded-For (default 0: the header is not read)",
    read: integer(10),
  },
  'tls-cert': {
    value: 'file',
    help: 'certificate chain, PEM; with --tls-key it serves https and wss itself',
    read: one,
  },
  'tls-key': { value: 'file', help: 'private key of the certificate, PEM', read: one },
  'tokens-file': { value: 'file', help: 'let in who has one of these tokens, one a line', read: one },
  'jwt-issuer': { value: 'text', help: 'let in who has a JWT of this issuer; needs an audience and a key', read: one },
  'jwt-audience': { value: 'text', help: 'audience of the JWTs', read: one },
  'jwt-algorithm': {
    value: 'name',
    help: 'of the public key or the JWKS: RS256, PS256, ES256, ES384 or EdDSA',
    read: one,
  },
  'jwt-key-file': { value: 'file', many: true, help: 'public key of the issuer, PEM', read: all },
  'jwt-secret-file': { value: 'file', many: true, help: 'secret for HS256, 32 bytes or more', read: all },
  'jwks-url': { value: 'url', help: 'where the issuer publishes its keys; https', read: one },
  'jwt-namespaces-claim': { value: 'name', help: 'claim with the list of namespaces (default namespaces)', read: one },
  limit: {
    ...{ value: 'name=number', many: true },
    help: 'change a limit, such as addressConnections=2000; the README lists them',
    read: limits,
  },
  'redis-url': {
    value: 'url',
    help: 'share rooms with other processes through this Redis: redis://, rediss:// or unix:///path; needs the package @redis/client',
    read: one,
  },
  'redis-prefix': { value: 'text', help: 'of all keys and channels there (default rxdb-p2p)', read: one },
  'turn-url': {
    ...{ value: 'url', many: true },
    help: 'give clients credentials of this TURN server, such as turn:turn.example.org:3478; needs authentication',
    read: all,
  },
  'turn-secret-file': { value: 'file', help: "the TURN server's secret (coturn: static-auth-secret)", read: one },
  'turn-ttl-seconds': {
    value: 'number',
    help: 'how long credentials are good for, 10 to 86400 (default 3600)',
    read: integer(86_400),
  },
  'metrics-port': {
    value: 'number',
    help: 'serve /metrics for Prometheus on this port (default: not at all)',
    read: integer(65_535),
  },
  'metrics-host': { value: 'address', help: 'address of /metrics (default 127.0.0.1)', read: one },
  'drain-seconds': {
    value: 'number',
    help: 'over which clients are told to move on when it stops (default 5)',
    read: integer(3_600),
  },
  'log-level': { value: 'level', help: 'debug, info, warn, error or silent (default info)', read: level },
};

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name];
}

export function variableOf(name: SettingName): string {
  return ENV_PREFIX + name.toUpperCase().replaceAll('-', '_');
}

/**
 * @param flags texts by name, which come before the environment
 * @throws P2PError BAD_OPTION
 */
export function readSettings(
  flags: { readonly [name: string]: readonly string[] | undefined },
  env: { readonly [name: string]: string | undefined },
): Settings {
  const settings: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const { many, read } = settingOf(name);
    const variable = env[variableOf(name)];
    const fromEnv = variable === undefined || variable === '' ? undefined : many ? variable.split(',') : [variable];
    const texts = flags[name] ?? fromEnv;
    if (texts === undefined) continue;
    const label = flags[name] === undefined ? variableOf(name) : `--${name}`;
    if (texts.some((text) => text.trim() === '')) throw bad(label, 'a value', 'nothing');
    settings[name] = read(texts, label);
  }
  return settings as Settings;
}

function integer(most: number) {
  return (texts: readonly string[], name: string): number => {
    const text = one(texts);
    if (/^\d{1,5}$/.test(text) && Number(text) <= most) return Number(text);
    throw bad(name, `a number of 0 to ${most}`, text);
  };
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent'];

function level(texts: readonly string[], name: string): LogLevel {
  const found = LEVELS.find((known) => known === one(texts));
  if (found !== undefined) return found;
  throw bad(name, `one of ${LEVELS.join(', ')}`, one(texts));
}

function limits(texts: readonly string[], name: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, limit = '', value] = /^([A-Za-z]+)=(\d{1,15})$/.exec(text) ?? [];
      if (Object.hasOwn(DEFAULT_LIMITS, limit) && Number(value) > 0) return [limit, Number(value)];
      throw bad(name, `name=number, with one of ${Object.keys(DEFAULT_LIMITS).join(', ')}`, text);
    }),
  );
}

function bad(name: string, expected: string, got: string): P2PError {
  return new P2PError('BAD_OPTION', `${name} is not usable`, { expected, got: JSON.stringify(got) });
}
