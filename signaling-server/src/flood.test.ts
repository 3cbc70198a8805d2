/** What everybody else notices of a client that floods, with the limits as they are by default. Prints the figures. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { type Client, connectTo, join, startServer } from './testing/server-fixture.ts';

const FLOOD = fileURLToPath(new URL('./testing/flood.mjs', import.meta.url));
const ROOM = 'app/room';
/** Rounds without and with the flood, in turns, so that both meet the same machine. */
const ROUNDS = 2;
const SIGNALS = 100;

/** Milliseconds of `SIGNALS` signals, each from one client through the server to another. */
async function latencies(from: Client, to: Client): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let count = 0; count < SIGNALS; count++) {
    const start = performance.now();
    const arrived = new Promise<void>((resolve) => {
      to.on('signal', function take({ data }) {
        if (data !== String(start)) return;
        to.off('signal', take);
        resolve();
      });
    });
    from.emit('signal', { room: ROOM, to: to.id ?? '', data: String(start) }, () => undefined);
    await arrived;
    taken.push(performance.now() - start);
    // As fast as a client may signal for long.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return taken;
}

function percentile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}

function describe(values: readonly number[]): string {
  return `p50 ${percentile(values, 0.5).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`;
}

it('is cut off with a code, and hardly noticed', { timeout: 60_000 }, async () => {
  const server = await startServer();
  const [ann, bob] = [await connectTo(server), await connectTo(server)];
  await join(ann, ROOM);
  await join(bob, ROOM);
  const quiet: number[] = [];
  const flooded: number[] = [];
  const byes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    quiet.push(...(await latencies(ann, bob)));
    const before = byes.length;
    const flood = spawn(process.execPath, [FLOOD, server.url, 'app/other'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void flood.kill('SIGKILL'));
    flood.stdout.setEncoding('utf8').on('data', (text: string) => byes.push(...text.trim().split('\n')));
    // It is there, and has been cut off for the first time.
    await expect.poll(() => byes.length, { timeout: 10_000 }).toBeGreaterThan(before);
    flooded.push(...(await latencies(ann, bob)));
    const ended = new Promise((resolve) => flood.once('close', resolve));
    flood.kill('SIGKILL');
    await ended;
  }
  process.stdout.write(
    `without flood: ${describe(quiet)}; with it: ${describe(flooded)}; cut off ${byes.length} times\n`,
  );
  expect(new Set(byes)).toEqual(new Set(['RATE_LIMITED']));
  expect(ann.connected && bob.connected).toBe(true);
  // Wide, for machines that are busy with other things: the figures above are what counts.
  expect(percentile(flooded, 0.99)).toBeLessThan(200 + 5 * percentile(quiet, 0.99));
});
