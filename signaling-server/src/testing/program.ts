/** The built command in a process of its own, which ends with its test. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const CLI = fileURLToPath(new URL('../../bin/rxdb-p2p-signaling.js', import.meta.url));

export interface RunningProgram {
  readonly url: string;
  readonly metricsPort: number;
}

/** On a free port of the loopback interface, with metrics. */
export async function startProgram(...flags: readonly string[]): Promise<RunningProgram> {
  const args = [CLI, '--port', '0', '--host', '127.0.0.1', '--metrics-port', '0', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  return new Promise((resolve, reject) => {
    child.once('close', (code) => reject(new Error(`the program has ended with ${code}:\n${output}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const line = output.split('\n').find((candidate) => candidate.includes('"msg":"listening"'));
      if (line?.endsWith('}')) resolve(JSON.parse(line) as RunningProgram);
    });
  });
}
