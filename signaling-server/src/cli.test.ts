/** The built program, as people run it: `tsc -b` comes first. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectTo, join, startServer } from './testing/server-fixture.ts';

const CLI = fileURLToPath(new URL('../bin/rxdb-p2p-signaling.js', import.meta.url));

interface Run {
  readonly output: () => string;
  readonly errors: () => string;
  readonly exit: Promise<number | NodeJS.Signals | null>;
  kill(signal: NodeJS.Signals): void;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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

describe('rxdb-p2p-signaling', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('serves until %s', async (signal) => {
    const program = run('--port', '0', '--host', '127.0.0.1');
    await expect.poll(program.output, { timeout: 5_000 }).toMatch(/listens on http:\S+\n/);
    const url = /http:\S+/.exec(program.output())?.[0] ?? '';
    const client = await connectTo({ url });
    expect(await join(client, 'r')).toMatchObject({ size: 1 });
    program.kill(signal);
    expect(await program.exit).toBe(0);
    expect(program.errors()).toBe('');
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
