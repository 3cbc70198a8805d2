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
  let stopped = false;
  const gone = new Promise<never>((_, reject) => {
    child.once('exit', (code) => {
      if (!stopped) reject(new Error(`the server of ${name} has ended with ${code}`));
    });
  });
  const answer = <T>(): Promise<T> =>
    Promise.race([gone, new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)))]);
  const { port } = await answer<{ readonly port: number }>();
  return {
    port,
    usage() {
      const told = answer<Usage>();
      child.send({});
      return told;
    },
    stop() {
      stopped = true;
      child.kill('SIGKILL');
    },
  };
}
