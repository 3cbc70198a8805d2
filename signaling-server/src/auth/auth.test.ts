/** Real tokens against a real server: who gets in, who does not and is told which code. */
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { SignalingServerOptions } from '../server.ts';
import { type Client, connected, join, openClient, record, startServer } from '../testing/server-fixture.ts';
import type { Verdict } from './admission.ts';
import { type AuthOptions, takeToken } from './auth.ts';
import { createJwtAuth, type JwtOptions } from './jwt.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const SECRET = 'a secret of thirty-two bytes, or more';
const ISSUER = 'https://id.example.org';
const AUDIENCE = 'signaling';
const JWT: JwtOptions = {
  issuer: ISSUER,
  audience: AUDIENCE,
  keys: [
    { algorithm: 'RS256', publicKey: PEM },
    { algorithm: 'HS256', secret: SECRET },
  ],
};
const RSA_ONLY: JwtOptions = { ...JWT, keys: [{ algorithm: 'RS256', publicKey: PEM }] };

const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
/** `undefined` leaves a claim out. */
function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const all = { iss: ISSUER, aud: AUDIENCE, exp: seconds(600), namespaces: ['app'], ...changes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
function sign(
  changes: Record<string, unknown> = {},
  key: KeyObject | Uint8Array = rsa.privateKey,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims(changes)).setProtectedHeader({ alg: 'RS256', ...header }).sign(key);
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function serve(auth: AuthOptions, options: SignalingServerOptions = {}) {
  const server = await startServer({ auth, ...options });
  const open = (token?: unknown): Promise<Client> => {
    return connected(openClient(server.url, token === undefined ? {} : { auth: { token } }));
  };
  const refusal = (token?: unknown): Promise<unknown> => open(token).then(() => 'let in', codeOf);
  return { server, open, refusal };
}
function codeOf(error: { readonly message: string; readonly data?: { readonly code?: unknown } }): unknown {
  expect(error.data?.code).toBe(error.message);
  return error.message;
}
const parts = (token: string): [string, string, string] => token.split('.') as [string, string, string];

describe('a JWT', () => {
  it('opens the rooms of its namespaces, whichever key it is signed with', async () => {
    const { open } = await serve(JWT);
    for (const token of [await sign(), await sign({}, bytes(SECRET), { alg: 'HS256' })]) {
      const client = await open(token);
      expect(await join(client, 'app/room')).toMatchObject({ ok: true });
      for (const room of ['other/room', 'app', 'app2/room', 'ap/room', '/app/room']) {
        expect([room, await client.emitWithAck('join', { room })]).toMatchObject([
          room,
          { ok: false, code: 'NAMESPACE_NOT_ALLOWED' },
        ]);
      }
    }
  });

  it('is refused with the code of what is wrong', async () => {
    const { refusal } = await serve(RSA_ONLY);
    const [header, payload, signature] = parts(await sign());
    const forgedHeader = Buffer.from('{"alg":"HS256"}').toString('base64url');
    const hmac = createHmac('sha256', PEM).update(`${forgedHeader}.${payload}`).digest('base64url');
    const broader = Buffer.from(JSON.stringify(claims({ namespaces: ['*'] }))).toString('base64url');
    const ownKey = await exportJWK(stranger.publicKey);
    const elsewhere = { jku: 'https://127.0.0.1:9/keys', x5u: 'https://127.0.0.1:9/cert', jwk: ownKey };
    const cases: readonly [what: string, token: unknown, code: string][] = [
      ['none', undefined, 'TOKEN_REQUIRED'],
      ['not a string', { iss: ISSUER }, 'TOKEN_INVALID'],
      ['empty', '', 'TOKEN_INVALID'],
      ['too long', 'x'.repeat(8_193), 'TOKEN_INVALID'],
      ['no JWT', 'x.y.z', 'TOKEN_INVALID'],
      ['expired', await sign({ exp: seconds(-62) }), 'TOKEN_EXPIRED'],
      ['not yet valid', await sign({ nbf: seconds(70) }), 'TOKEN_NOT_YET_VALID'],
      ['alg none', new UnsecuredJWT(claims()).encode(), 'TOKEN_UNSIGNED'],
      [
        'alg none with a signature',
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.${signature}`,
        'TOKEN_UNSIGNED',
      ],
      ['the RS256 key as HMAC secret', `${forgedHeader}.${payload}.${hmac}`, 'TOKEN_ALGORITHM'],
      ['the right key with another algorithm', await sign({}, rsa.privateKey, { alg: 'PS256' }), 'TOKEN_ALGORITHM'],
      ['another key', await sign({}, stranger.privateKey), 'TOKEN_INVALID'],
      ['a key in its header', await sign({}, stranger.privateKey, elsewhere), 'TOKEN_INVALID'],
      ['another payload', `${header}.${broader}.${signature}`, 'TOKEN_INVALID'],
      ['another issuer', await sign({ iss: 'https://id.example.com' }), 'TOKEN_ISSUER'],
      ['another audience', await sign({ aud: ['other'] }), 'TOKEN_AUDIENCE'],
      ['no exp', await sign({ exp: undefined }), 'TOKEN_INVALID'],
      ['no aud', await sign({ aud: undefined }), 'TOKEN_AUDIENCE'],
      ['no iss', await sign({ iss: undefined }), 'TOKEN_ISSUER'],
      ['no namespaces', await sign({ namespaces: undefined }), 'TOKEN_NAMESPACES'],
      ['a namespace with a room', await sign({ namespaces: ['app/room'] }), 'TOKEN_NAMESPACES'],
      ['too many namespaces', await sign({ namespaces: Array.from({ length: 65 }, () => 'x') }), 'TOKEN_NAMESPACES'],
    ];
    for (const [what, token, code] of cases) expect([what, await refusal(token)]).toEqual([what, code]);
    const fine = await refusal(await sign({ aud: ['other', AUDIENCE], exp: seconds(-50), nbf: seconds(50) }));
    expect(fine).toBe('let in');
  });

  it('is read from `auth` alone', async () => {
    const { server } = await serve(RSA_ONLY);
    const token = await sign();
    const inQuery = connected(openClient(server.url, { query: { token, auth: token } }));
    await expect(inQuery).rejects.toThrow('TOKEN_REQUIRED');
    const inHeader = connected(openClient(server.url, { extraHeaders: { authorization: `Bearer ${token}` } }));
    await expect(inHeader).rejects.toThrow('TOKEN_REQUIRED');
  });

  it('may name a family of namespaces, and never a part of a room', async () => {
    const { open } = await serve(JWT);
    const client = await open(await sign({ namespaces: ['team-*', 'exact'] }));
    for (const room of ['team-a/x', 'team-/x', 'exact/x']) expect(await join(client, room)).toMatchObject({ ok: true });
    for (const room of ['team/x', 'exact2/x', 'x/team-a', 'x']) {
      expect(await client.emitWithAck('join', { room })).toMatchObject({ code: 'NAMESPACE_NOT_ALLOWED' });
    }
    const all = await open(await sign({ namespaces: ['*'] }));
    expect(await join(all, 'anything/x')).toMatchObject({ ok: true });
  });
});

it('is taken out of the handshake', () => {
  const handshake = { auth: { token: 'x', more: 'y' }, query: {} };
  expect(takeToken(handshake)).toBe('x');
  expect(JSON.stringify(handshake)).toBe('{"auth":{},"query":{}}');
});

describe('a token that ends', () => {
  const LASTS_MS = 1_500;
  /** `short` ends soon after it was shown; others are lists of namespaces. */
  function lease(token: string | undefined): Verdict {
    if (token === 'short') return { ok: true, expiresAt: Date.now() + LASTS_MS };
    if (token === undefined) return { ok: false, code: 'TOKEN_INVALID', message: 'none' };
    return { ok: true, namespaces: token.split(',') };
  }

  it('is asked for anew, and ends the connection when none comes', async () => {
    const { open, server } = await serve(lease);
    const client = await open('short');
    const asked = new Promise((resolve) => client.once('renew', () => resolve(Date.now())));
    const bye = new Promise((resolve) => client.once('bye', resolve));
    const end = Date.now() + LASTS_MS;
    expect(await asked).toBeLessThan(end);
    expect(await bye).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(Date.now()).toBeGreaterThan(end - 500);
    await expect.poll(() => server.connections).toBe(0);
  });

  it('is replaced while rooms and peers stay', async () => {
    const { open } = await serve(lease);
    const [ann, bob] = [await open('short'), await open('app')];
    const ended = Date.now() + 2 * LASTS_MS;
    await join(bob, 'app/room');
    const told = record(bob);
    await join(ann, 'app/room');
    expect(await ann.emitWithAck('token', { token: '' })).toMatchObject({ ok: false, code: 'TOKEN_INVALID' });
    expect(await ann.emitWithAck('token', null as never)).toMatchObject({ ok: false, code: 'TOKEN_INVALID' });
    expect(await ann.emitWithAck('token', { token: 'app' })).toEqual({ ok: true });
    await expect.poll(() => Date.now() > ended, { timeout: 10_000 }).toBe(true);
    expect(await ann.emitWithAck('signal', { room: 'app/room', to: bob.id ?? '', data: 'x' })).toEqual({ ok: true });
    expect(told.left).toEqual([]);
  });

  it('cannot be replaced by one for fewer rooms than were joined', async () => {
    const { open } = await serve(lease);
    const client = await open('a,b');
    await join(client, 'a/room');
    const bye = new Promise((resolve) => client.once('bye', resolve));
    client.emit('token', { token: 'b' }, () => undefined);
    expect(await bye).toMatchObject({ code: 'NAMESPACE_NOT_ALLOWED' });
  });

  it('of a JWT is its end and a minute', async () => {
    const exp = seconds(600);
    const verdict = await createJwtAuth(RSA_ONLY)(await sign({ exp }), { address: '', origin: undefined });
    expect(verdict).toEqual({ ok: true, namespaces: ['app'], expiresAt: (exp + 60) * 1_000 });
  });
});

describe('static tokens', () => {
  it('let in who has one of them', async () => {
    const tokens = ['first-token-0123456789', 'second-token-0123456789'];
    const { open, refusal } = await serve({ tokens, namespaces: ['app'] });
    for (const token of tokens) expect(await join(await open(token), 'app/x')).toMatchObject({ ok: true });
    expect(await (await open(tokens[0])).emitWithAck('join', { room: 'b/x' })).toMatchObject({
      code: 'NAMESPACE_NOT_ALLOWED',
    });
    expect(await refusal()).toBe('TOKEN_REQUIRED');
    for (const token of ['first-token-012345678', 'x', `${tokens[0]} `, 7, [tokens[0]]]) {
      expect(await refusal(token)).toBe('TOKEN_INVALID');
    }
  });
});

describe('a hook', () => {
  it('decides, and sees who asks', async () => {
    const seen: unknown[] = [];
    const { open, refusal } = await serve((token, applicant) => {
      seen.push([token, applicant]);
      return token === 'yes' ? { ok: true, namespaces: ['n'] } : { ok: false, code: 'TOKEN_INVALID', message: 'no' };
    });
    expect(await join(await open('yes'), 'n/x')).toMatchObject({ ok: true });
    expect(await refusal('no')).toBe('TOKEN_INVALID');
    expect(seen[0]).toEqual(['yes', { address: '127.0.0.1', origin: undefined }]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('secret detail'))],
    ['answers nothing', () => undefined],
    ['answers true', () => true],
    ['names no namespaces', () => ({ ok: true, namespaces: 'app' })],
    ['names no time', () => ({ ok: true, expiresAt: '2030' })],
  ])('that %s lets nobody in, and the host is told', async (_what, hook) => {
    const problems: Error[] = [];
    const { refusal } = await serve(hook as never, { onProblem: (problem) => problems.push(problem) });
    expect(await refusal('x')).toBe('AUTH_UNAVAILABLE');
    expect(problems).toMatchObject([{ code: 'AUTH_UNAVAILABLE' }]);
  });
});

it.each<[string, unknown]>([
  ['a short secret', { ...JWT, keys: [{ algorithm: 'HS256', secret: 'x'.repeat(31) }] }],
  ['a public key as secret', { ...JWT, keys: [{ algorithm: 'RS256', secret: SECRET }] }],
  ['HS256 with a public key', { ...JWT, keys: [{ algorithm: 'HS256', publicKey: PEM }] }],
  ['alg none', { ...JWT, keys: [{ algorithm: 'none', publicKey: PEM }] }],
  ['a key of another kind', { ...JWT, keys: [{ algorithm: 'ES256', publicKey: PEM }] }],
  [
    'a private key',
    {
      ...JWT,
      keys: [{ algorithm: 'RS256', publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }],
    },
  ],
  ['a key that is none', { ...JWT, keys: [{ algorithm: 'RS256', publicKey: 'x' }] }],
  [
    'a weak key',
    {
      ...JWT,
      keys: [
        {
          algorithm: 'RS256',
          publicKey: generateKeyPairSync('rsa', { modulusLength: 1024 })
            .publicKey.export({ type: 'spki', format: 'pem' })
            .toString(),
        },
      ],
    },
  ],
  ['no key', { issuer: ISSUER, audience: AUDIENCE }],
  ['no issuer', { ...JWT, issuer: '' }],
  ['no audience', { ...JWT, audience: undefined }],
  [
    'keys over http',
    { issuer: ISSUER, audience: AUDIENCE, jwks: { url: 'http://id.example.org', algorithm: 'RS256' } },
  ],
  ['a short token', { tokens: ['x'.repeat(15)] }],
  ['no token', { tokens: [] }],
  ['something else', { token: 'x' }],
])('a server does not start with %s', async (_what, auth) => {
  await expect(startServer({ auth: auth as AuthOptions })).rejects.toThrow(/^BAD_OPTION: auth/);
});
