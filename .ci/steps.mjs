/** Running the steps of a larger command, one after the other, with their times. */
import { spawn } from 'node:child_process';

/** For processes that were told to stop and clean up. */
const GRACE_MS = 5_000;

const isWindows = process.platform === 'win32';

/**
 * Runs one step in a process group of its own, so that none of its processes outlives it: not when it takes too long,
 * nor when this process is told to stop.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ readonly env?: NodeJS.ProcessEnv, readonly timeoutMs?: number }} [options] `env` is added to this process's
 * own; without `timeoutMs` the step may take for ever
 * @returns {Promise<number>} the exit code; a signal counts as 1
 */
export function execute(command, args, { env = {}, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
      shell: isWindows,
      detached: !isWindows,
    });
    /** @param {NodeJS.Signals} signal */
    const signalAll = (signal) => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(isWindows ? child.pid : -child.pid, signal);
      } catch (error) {
        // All of the group have ended already.
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
      }
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            console.error(`${command} ${args.join(' ')}: stopped after ${timeoutMs / 60_000} minutes`);
            // A step that runs steps of its own passes this on; SIGKILL would not reach those.
            signalAll('SIGTERM');
            setTimeout(signalAll, GRACE_MS, 'SIGKILL').unref();
          }, timeoutMs);
    process.on('SIGINT', signalAll);
    process.on('SIGTERM', signalAll);
    const settle = () => {
      clearTimeout(timer);
      process.off('SIGINT', signalAll);
      process.off('SIGTERM', signalAll);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('exit', (code) => {
      settle();
      resolve(code ?? 1);
    });
  });
}

/** @param {number} startedAt milliseconds */
export function secondsSince(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}
