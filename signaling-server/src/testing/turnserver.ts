/** Debian's coturn on loopback, with the configuration that we ship, which ends with its test. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** Ours, as people run it. */
export const TURNSERVER_CONF: string = fileURLToPath(new URL('../../deploy/turnserver.conf', import.meta.url));

export async function startTurnserver(secret: string, ...flags: readonly string[]): Promise<{ readonly port: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'turn-'));
  const port = await freePort();
  const own = [`--listening-port=${port}`, '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1'];
  const files = [`--pidfile=${folder}/pid`, `--userdb=${folder}/db`, '--realm=test', `--static-auth-secret=${secret}`];
  const child = spawn('turnserver', ['-c', TURNSERVER_CONF, ...own, ...files, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', () => reject(new Error('turnserver is not installed: apt-get install coturn')));
    child.once('close', () => reject(new Error(`turnserver has ended:\n${output}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('Total General servers')) resolve();
      });
    }
  });
  return { port };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
