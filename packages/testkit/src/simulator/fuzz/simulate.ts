/**
 * `npm run simulate`: many seeds in two processes. Prints what they did and, of the first that fails, its shrunk story.
 *
 *     npm run simulate                          20,000 seeds
 *     npm run simulate -- --seeds 500 --from 7  other seeds
 *     npm run simulate -- --seed 42             one seed, and its story when it fails
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { planOf } from './plan.ts';
import { runPlan } from './run.ts';
import { shrink } from './shrink.ts';
import { storyOf } from './story.ts';
import { addOutcome, emptyTally, joinTallies, type Tally, tellTally } from './tally.ts';

const DEFAULT_SEEDS = 20_000;
/** Seeds that a process takes at once: it tells what came of them, and is given more. */
const CHUNK_SEEDS = 50;
const MAX_WORKERS = 4;

async function runSeeds(from: number, to: number): Promise<Tally> {
  let tally = emptyTally();
  for (let seed = from; seed <= to; seed++) tally = addOutcome(tally, seed, await runPlan(planOf(seed)));
  return tally;
}

async function tellStory(seed: number): Promise<boolean> {
  const plan = planOf(seed);
  const outcome = await runPlan(plan);
  const story = outcome.failures.length === 0 ? undefined : storyOf(await shrink(plan, outcome));
  process.stdout.write(`${story ?? `seed ${seed}: nothing went wrong; trace ${outcome.trace}`}\n`);
  return story === undefined;
}

async function runAll(from: number, seeds: number): Promise<Tally> {
  let next = from;
  let tally = emptyTally();
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), ['--worker'], {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      const give = (): void => {
        const last = Math.min(next + CHUNK_SEEDS, from + seeds) - 1;
        if (last < next) child.disconnect();
        else child.send([next, last]);
        next = last + 1;
      };
      child.on('message', (part) => {
        const { failed } = part as Tally;
        for (const { seed, failure } of failed) process.stdout.write(`\nseed ${seed}: ${failure.slice(0, 200)}\n`);
        tally = joinTallies(tally, part as Tally);
        process.stdout.write(`\r${tally.seeds} of ${seeds} seeds, ${tally.failed.length} failed`);
        give();
      });
      child.on('error', reject);
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${String(code)}`))));
      give();
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), MAX_WORKERS) }, work));
  process.stdout.write('\n');
  return tally;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: String(DEFAULT_SEEDS) },
    from: { type: 'string', default: '1' },
    worker: { type: 'boolean', default: false },
  },
});

if (values.worker) {
  process.on('message', (message) => {
    const [from, to] = message as [number, number];
    void runSeeds(from, to).then((tally) => process.send?.(tally));
  });
} else if (values.seed !== undefined) {
  if (!(await tellStory(Number(values.seed)))) process.exitCode = 1;
} else {
  const startedAt = Date.now();
  const tally = await runAll(Number(values.from), Number(values.seeds));
  process.stdout.write(`${tellTally(tally)}\n${Math.round((Date.now() - startedAt) / 1_000)} s\n`);
  const [first] = tally.failed;
  if (first !== undefined) {
    process.exitCode = 1;
    await tellStory(first.seed);
  }
}
