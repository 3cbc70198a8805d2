/** Each system's own signaling server, on a free port of the loopback interface. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import type { SystemName } from '../pages/peer/api.ts';

export interface SignalingServers {
  readonly urls: Readonly<Record<SystemName, string>>;
  close(): Promise<void>;
}

const RXDB_PROGRAM = join(import.meta.dirname, 'rxdb-signaling.main.js');

export async function startSignalingServers(): Promise<SignalingServers> {
  const own = await createSignalingServer({ port: 0, host: '127.0.0.1' });
  const yjsFolder = dirname(dirname(createRequire(import.meta.url).resolve('y-webrtc')));
  const [rxdb, yjs] = await Promise.all([runProgram(RXDB_PROGRAM), runProgram(join(yjsFolder, 'bin', 'server.js'))]);
  return {
    urls: {
      'rxdb-p2p': `http://127.0.0.1:${own.port}`,
      rxdb: `ws://127.0.0.1:${rxdb.port}/`,
      yjs: `ws://127.0.0.1:${yjs.port}`,
    },
    async close(): Promise<void> {
      await own.close();
      for (const { process: child } of [rxdb, yjs]) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        if (child.kill()) await ended;
      }
    },
  };
}

interface Program {
  readonly process: ChildProcess;
  readonly port: number;
}

/** Runs a server that listens on `PORT`, and waits for its first words. */
async function runProgram(path: string): Promise<Program> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
  const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code}`)));
  });
  child.stdout.resume();
  return { process: child, port };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
