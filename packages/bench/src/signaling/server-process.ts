import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ServerName } from './servers.ts';

export interface Usage {
  readonly cpuMs: number;
  /** Live objects and buffers, after a garbage collection; what the kernel holds is in neither. */
  readonly usedBytes: number;
  readonly rssBytes: number;
}

export interface ServerProcess {
  readonly port: number;
  usage(): Promise<Usage>;
  stop(): void;
}

/** The built one, also for tests, which run the sources. */
const PROGRAM = fileURLToPath(new URL('../../dist/signaling/server.main.js', import.meta.url));

export async function startServerProcess(name: ServerName): Promise<ServerProcess> {
  const child: ChildProcess = fork(PROGRAM, [name], { execArgv: ['--expose-gc'] });
  const answer = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as T));
      child.once('exit', (code) => reject(new Error(`the server of ${name} has ended with ${code}`)));
    });
  const { port } = await answer<{ readonly port: number }>();
  return {
    port,
    usage() {
      const told = answer<Usage>();
      child.send({});
      return told;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
