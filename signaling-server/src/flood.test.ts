/**
 * What everybody else notices of a client that floods, with the limits as they are by default: server, flood and those
 * who measure are a process each. Prints the figures.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { startProgram } from './testing/program.ts';
import { type Client, connectTo, join } from './testing/server-fixture.ts';

const FLOOD = fileURLToPath(new URL('./testing/flood.mjs', import.meta.url));
const ROOM = 'app/room';
/** Rounds without and with the flood, in turns, so that both meet the same machine. */
const ROUNDS = Number(process.env['FLOOD_ROUNDS'] ?? 2);
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

/** What the server itself says of its event loop since it was last asked, milliseconds. */
async function lag(metricsPort: number): Promise<number> {
  const figures = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return 1_000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(figures)?.[1]);
}

it('is cut off with a code, and hardly noticed', { timeout: 60_000 }, async () => {
  const { url, metricsPort } = await startProgram();
  const [ann, bob] = [await connectTo({ url }), await connectTo({ url })];
  await join(ann, ROOM);
  await join(bob, ROOM);
  const quiet: number[] = [];
  const flooded: number[] = [];
  const lags = { quiet: [] as number[], flooded: [] as number[] };
  const byes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await lag(metricsPort);
    quiet.push(...(await latencies(ann, bob)));
    lags.quiet.push(await lag(metricsPort));
    const before = byes.length;
    const flood = spawn(process.execPath, [FLOOD, new URL(url).port, 'app/other'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void flood.kill('SIGKILL'));
    flood.stdout.setEncoding('utf8').on('data', (text: string) => byes.push(...text.trim().split('\n')));
    // It is there, and has been cut off for the first time.
    await expect.poll(() => byes.length, { timeout: 10_000 }).toBeGreaterThan(before);
    await lag(metricsPort);
    flooded.push(...(await latencies(ann, bob)));
    lags.flooded.push(await lag(metricsPort));
    const ended = new Promise((resolve) => flood.once('close', resolve));
    flood.kill('SIGKILL');
    await ended;
  }
  const lagOf = (values: readonly number[]): string => values.map((value) => value.toFixed(1)).join(', ');
  process.stdout.write(
    `without flood: ${describe(quiet)}; with it: ${describe(flooded)}; cut off ${byes.length} times; ` +
      `p99 of the server's event loop: ${lagOf(lags.quiet)} ms, with flood ${lagOf(lags.flooded)} ms\n`,
  );
  expect(new Set(byes)).toEqual(new Set(['RATE_LIMITED']));
  expect(ann.connected && bob.connected).toBe(true);
  // Wide, for machines that are busy with other things: the figures above are what counts.
  expect(percentile(flooded, 0.99)).toBeLessThan(50 + 3 * percentile(quiet, 0.99));
});
