/** The built program, as people run it: `tsc -b` comes first. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRawWebSocket } from './attack/raw-websocket.ts';
import { connected, connectTo, join, openClient, startServer } from './testing/server-fixture.ts';

const CLI = fileURLToPath(new URL('../bin/rxdb-p2p-signaling.js', import.meta.url));

interface Run {
  readonly output: () => string;
  readonly errors: () => string;
  readonly exit: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, P2P_SIGNALING_METRICS_PORT: '0' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return {
    output: () => output,
    errors: () => errors,
    exit: new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal))),
    kill: (signal) => void child.kill(signal),
  };
}

interface Line {
  readonly msg: string;
  readonly level: number;
  readonly code?: string;
  readonly url?: string;
  readonly metricsPort?: number;
}

function logOf(program: Run): readonly Line[] {
  const lines = program.output().split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Line);
}

async function listening(program: Run): Promise<{ readonly url: string; readonly metricsPort: number }> {
  await expect.poll(program.output, { timeout: 10_000 }).toContain('"listening"');
  const { url = '', metricsPort = 0 } = logOf(program).find(({ msg }) => msg === 'listening') ?? {};
  return { url, metricsPort };
}

describe('rxdb-p2p-signaling', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves until %s', async (signal) => {
    const program = run('--port', '0', '--host', '127.0.0.1');
    const { url } = await listening(program);
    const client = await connectTo({ url });
    const bye = new Promise((resolve) => client.once('bye', resolve));
    expect(await join(client, 'r')).toMatchObject({ size: 1 });
    program.kill(signal);
    expect(await bye).toMatchObject({ code: 'SERVER_CLOSING' });
    expect(await program.exit).toBe(0);
    expect(program.errors()).toBe('');
    const told = logOf(program).map(({ msg }) => msg);
    expect(told).toEqual([
      'no authentication: whoever reaches it may join any room',
      'pages of all origins may connect; --origin limits them',
      'listening',
      'stopping',
      'stopped',
    ]);
  });

  it('counts for Prometheus, and logs who is refused, whatever a client writes', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'signaling-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const tokens = path.join(folder, 'tokens');
    writeFileSync(tokens, 'a-token-of-the-test\n\nanother-token-of-it\n');
    const args = ['--tokens-file', tokens, '--origin', 'https://app.example.org'];
    const program = run('--port', '0', '--host', '127.0.0.1', ...args);
    const { url, metricsPort } = await listening(program);
    const client = await connected(openClient(url, { auth: { token: 'another-token-of-it' } }));
    await join(client, 'r');
    await expect(connected(openClient(url, { auth: { token: 'wrong' } }))).rejects.toThrow('TOKEN_INVALID');
    const headers = ['Origin: https://evil.example/\u009b31m","level":60'];
    await expect(openRawWebSocket(Number(new URL(url).port), { headers })).rejects.toThrow('ORIGIN_NOT_ALLOWED');
    const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    for (const line of [
      'signaling_connections 1',
      'signaling_rooms 1',
      'signaling_requests_total{request="join",code="OK"} 1',
      'signaling_refused_total{code="TOKEN_INVALID"} 1',
      'signaling_refused_total{code="ORIGIN_NOT_ALLOWED"} 1',
    ]) {
      expect(figures).toContain(`${line}\n`);
    }
    expect(figures).toContain('process_resident_memory_bytes');
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    program.kill('SIGTERM');
    expect(await program.exit).toBe(0);
    const refused = logOf(program).filter(({ msg }) => msg === 'refused');
    expect(refused.map(({ code, level }) => [code, level])).toEqual([
      ['TOKEN_INVALID', 30],
      ['ORIGIN_NOT_ALLOWED', 30],
    ]);
    expect(program.output()).toMatch(/^[\x20-\x7e\n]*$/);
    expect(program.output()).not.toContain('token-of');
  });

  it('serves https, and takes a renewed certificate', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'signaling-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
    const make = (name: string): void => {
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '1'];
      const files = ['-keyout', key, '-out', cert, '-subj', `/CN=${name}`];
      execFileSync('openssl', ['req', '-x509', '-nodes', ...kind, ...files], { stdio: 'pipe' });
    };
    make('first');
    const program = run('--port', '0', '--host', '127.0.0.1', '--tls-cert', cert, '--tls-key', key);
    const { url } = await listening(program);
    expect(url).toMatch(/^https:/);
    const client = await connected(openClient(url, { rejectUnauthorized: false }));
    expect(await join(client, 'r')).toMatchObject({ size: 1 });
    const nameThere = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const link = connectTls(
          { port: Number(new URL(url).port), host: '127.0.0.1', rejectUnauthorized: false },
          () => {
            resolve(String(link.getPeerCertificate().subject.CN));
            link.destroy();
          },
        );
        link.on('error', reject);
      });
    expect(await nameThere()).toBe('first');
    make('second');
    program.kill('SIGHUP');
    await expect.poll(nameThere, { timeout: 5_000 }).toBe('second');
    expect(client.connected).toBe(true);
    const bad = run('--port', '0', '--tls-cert', key, '--tls-key', key);
    const half = run('--port', '0', '--tls-cert', cert);
    expect(await Promise.all([bad.exit, half.exit])).toEqual([2, 2]);
    expect(bad.errors()).toMatch(/^BAD_OPTION: tls/);
  });

  it('says what it can do, and which version it is', async () => {
    const [help, version] = [run('--help'), run('--version')];
    expect(await Promise.all([help.exit, version.exit])).toEqual([0, 0]);
    expect(help.output()).toMatch(/--port.*--host.*--origin/s);
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as object;
    expect(manifest).toMatchObject({ version: version.output().trim() });
  });

  it('fails with a code and no stack', async () => {
    const { port } = await startServer();
    const taken = run('--port', String(port), '--host', '127.0.0.1');
    const wrong = run('--prot', '1');
    expect(await Promise.all([taken.exit, wrong.exit])).toEqual([1, 2]);
    expect(taken.errors()).toMatch(/^PORT_IN_USE: [^\n]*\n$/);
    expect(wrong.errors()).toMatch(/^BAD_OPTION: [^\n]*\n$/);
  });
});
