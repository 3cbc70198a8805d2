/** From settings to the options of a server: reads the files that they name. */
import { readFile } from 'node:fs/promises';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import type { AuthOptions } from './auth/auth.ts';
import type { JwtKey, PublicKeyAlgorithm } from './auth/jwt-keys.ts';
import type { SignalingServerOptions } from './server.ts';
import type { Settings } from './settings.ts';

/** @throws P2PError BAD_OPTION */
export async function serverOptions(settings: Settings): Promise<SignalingServerOptions> {
  const { port, host, origin, limit, 'trusted-proxies': trustedProxies, 'drain-seconds': drainSeconds } = settings;
  const { 'redis-url': redisUrl, 'redis-prefix': prefix } = settings;
  const [auth, tls] = [await authOptions(settings), await tlsOptions(settings)];
  if (redisUrl === undefined && prefix !== undefined) throw wrong('--redis-prefix', '--redis-url with it', 'none');
  return {
    auth,
    ...(port === undefined ? {} : { port }),
    ...(host === undefined ? {} : { host }),
    ...(origin === undefined ? {} : { origins: origin }),
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
    ...(limit === undefined ? {} : { limits: limit }),
    ...(drainSeconds === undefined ? {} : { drainMs: drainSeconds * 1_000 }),
    ...(tls === undefined ? {} : { tls }),
    ...(await turnOptions(settings)),
    ...(redisUrl === undefined ? {} : { redis: { url: redisUrl, ...(prefix === undefined ? {} : { prefix }) } }),
  };
}

/** @throws P2PError BAD_OPTION */
export async function tlsOptions(settings: Settings): Promise<SignalingServerOptions['tls']> {
  const { 'tls-cert': cert, 'tls-key': key } = settings;
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw wrong('--tls-cert and --tls-key', 'both', 'one of them');
  return { cert: await read(cert), key: await read(key) };
}

async function turnOptions(settings: Settings): Promise<Pick<SignalingServerOptions, 'turn'>> {
  const { 'turn-url': urls, 'turn-secret-file': file, 'turn-ttl-seconds': ttlSeconds } = settings;
  if (urls === undefined && file === undefined && ttlSeconds === undefined) return {};
  if (urls === undefined || file === undefined) throw wrong('--turn-url and --turn-secret-file', 'both', 'one of them');
  const secret = (await read(file)).trim();
  return { turn: { urls, secret, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) } };
}

async function authOptions(settings: Settings): Promise<AuthOptions> {
  const { 'tokens-file': tokensFile, 'jwt-issuer': issuer } = settings;
  if (tokensFile !== undefined && issuer !== undefined) throw wrong('authentication', 'tokens or JWTs', 'both');
  if (tokensFile !== undefined) return { tokens: lines(await read(tokensFile)) };
  if (issuer !== undefined) return jwtOptions(issuer, settings);
  const stray = Object.keys(settings).find((name) => name.startsWith('jw'));
  if (stray !== undefined) throw wrong(`--${stray}`, '--jwt-issuer with it', 'none');
  return 'none';
}

async function jwtOptions(issuer: string, settings: Settings): Promise<AuthOptions> {
  const { 'jwt-audience': audience = '', 'jwt-algorithm': algorithm = '', 'jwks-url': url } = settings;
  const { 'jwt-key-file': keyFiles = [], 'jwt-secret-file': secretFiles = [] } = settings;
  const claim = settings['jwt-namespaces-claim'];
  // Whether it is one of those is checked with the keys.
  const known = algorithm as PublicKeyAlgorithm;
  const keys: JwtKey[] = [];
  for (const file of keyFiles) keys.push({ algorithm: known, publicKey: await read(file) });
  for (const file of secretFiles) keys.push({ algorithm: 'HS256', secret: (await read(file)).trimEnd() });
  return {
    ...{ issuer, audience, keys },
    ...(url === undefined ? {} : { jwks: { url, algorithm: known } }),
    ...(claim === undefined ? {} : { namespacesClaim: claim }),
  };
}

function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new P2PError('BAD_OPTION', `a file cannot be read`, { got, cause });
  }
}

function wrong(what: string, expected: string, got: string): P2PError {
  return new P2PError('BAD_OPTION', `${what}: wrong`, { expected, got });
}
