/** Debian's redis-server on a Unix socket of its own, which ends with its test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export interface TestRedis {
  readonly url: string;
  /** As a machine that loses its power: it is gone, and what it held too. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** It hangs, and goes on with `SIGCONT`. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
}

export async function startRedis(): Promise<TestRedis> {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-'));
  const socket = path.join(folder, 'socket');
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const running = child;
    if (running === undefined) return;
    child = undefined;
    const gone = new Promise((resolve) => running.once('close', resolve));
    running.kill('SIGKILL');
    await gone;
  }

  async function start(): Promise<void> {
    const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder];
    const started = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    await new Promise<void>((resolve, reject) => {
      started.once('error', () => reject(new Error('redis-server is not installed: apt-get install redis-server')));
      started.once('close', () => reject(new Error('redis-server has ended')));
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('ready to accept connections')) resolve();
      });
    });
  }

  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true });
  });
  await start();
  return { url: `unix://${socket}`, kill, start, signal: (name) => void child?.kill(name) };
}
