/** Debian's coturn on loopback, with the configuration that we ship, which ends with its test. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** Ours, as people run it. */
export const TURNSERVER_CONF: string = fileURLToPath(new URL('../../deploy/turnserver.conf', import.meta.url));

/** Ports that the system gives to nobody on its own: Linux begins to do so at 32768. */
const PORTS = [10_000, 32_768] as const;
const PORT_TAKEN = 'Address already in use';

export async function startTurnserver(secret: string, ...flags: readonly string[]): Promise<{ readonly port: number }> {
  for (;;) {
    const port = randomInt(...PORTS);
    if (await startAt(port, secret, flags)) return { port };
  }
}

/** @returns false when something else has the port: coturn would wait for it without end */
async function startAt(port: number, secret: string, flags: readonly string[]): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), 'turn-'));
  // Over UDP alone, so that a port taken for TCP does not matter.
  const own = ['--no-tcp', `--listening-port=${port}`, '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1'];
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
  return new Promise<boolean>((resolve, reject) => {
    child.once('error', () => reject(new Error('turnserver is not installed: apt-get install coturn')));
    child.once('close', () => reject(new Error(`turnserver has ended:\n${output}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes(PORT_TAKEN)) resolve(false);
        else if (output.includes('Total General servers')) resolve(true);
      });
    }
  });
}
