/** Keys from a real https server, whose certificate this process trusts for as long as the test needs it. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { type Admit, createAuth } from './auth.ts';

const APPLICANT = { address: '192.0.2.1', origin: undefined };
const first = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const second = generateKeyPairSync('ec', { namedCurve: 'P-256' });

async function serveKeys() {
  const folder = mkdtempSync(join(tmpdir(), 'jwks-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  execFileSync('openssl', ['req', '-x509', '-nodes', ...kind, '-keyout', key, '-out', cert, ...subject], {
    stdio: 'pipe',
  });
  const state = { keys: [] as JWK[], status: 200, requests: 0 };
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    state.requests += 1;
    response.writeHead(state.status, { location: '/elsewhere' }).end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { state, url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/keys` };
}

/** Node reads it with each new connection; a certificate of its own would need a process of its own. */
function trustAnyCertificate(): void {
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  onTestFinished(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']);
}

function auth(url: string, onProblem: (problem: Error) => void = () => undefined): Admit {
  return createAuth({ issuer: 'i', audience: 'a', jwks: { url, algorithm: 'ES256' } }, onProblem);
}
function sign(kid: string, pair: typeof first): Promise<string> {
  const claims = new SignJWT({ namespaces: ['app'] }).setIssuer('i').setAudience('a').setExpirationTime('1h');
  return claims.setProtectedHeader({ alg: 'ES256', kid }).sign(pair.privateKey);
}
async function codeOf(admit: Admit, token: string): Promise<string> {
  const verdict = await admit(token, APPLICANT);
  return verdict.ok ? 'ok' : verdict.code;
}

it('are fetched once, whatever key ids strangers make up', async () => {
  trustAnyCertificate();
  const { state, url } = await serveKeys();
  state.keys = [{ ...(await exportJWK(first.publicKey)), kid: 'one', alg: 'ES256' }];
  const admit = auth(url);
  const good = await sign('one', first);
  expect(await Promise.all([1, 2, 3].map(() => codeOf(admit, good)))).toEqual(['ok', 'ok', 'ok']);
  for (let count = 0; count < 5; count++)
    expect(await codeOf(admit, await sign(`x${count}`, second))).toBe('TOKEN_INVALID');
  expect(await codeOf(admit, await sign('one', second))).toBe('TOKEN_INVALID');
  expect(state.requests).toBe(1);
});

it('are not asked for again at once when that failed, and nobody is let in meanwhile', async () => {
  trustAnyCertificate();
  const { state, url } = await serveKeys();
  const problems: Error[] = [];
  for (const status of [500, 302]) {
    state.status = status;
    state.requests = 0;
    const admit = auth(url, (problem) => problems.push(problem));
    for (let count = 0; count < 5; count++)
      expect(await codeOf(admit, await sign('one', first))).toBe('AUTH_UNAVAILABLE');
    expect(state.requests).toBe(1);
  }
  expect(problems.map((problem) => 'code' in problem && problem.code)).toEqual(
    Array.from({ length: 10 }, () => 'AUTH_UNAVAILABLE'),
  );
});

it('are not taken from a server whose certificate nobody knows', async () => {
  const { state, url } = await serveKeys();
  expect(await codeOf(auth(url), await sign('one', first))).toBe('AUTH_UNAVAILABLE');
  expect(state.requests).toBe(0);
});
