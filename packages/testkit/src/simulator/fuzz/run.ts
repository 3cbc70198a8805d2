/** Runs one plan: its steps, then peace, then silence. */
import { isStranded } from '@rxdb-p2p/protocol';
import type { Device, Sabotage } from '../device.ts';
import { checkQuiet, checkStep } from './invariants.ts';
import type { Plan, StepName } from './plan.ts';
import { createFuzzWorld, type FuzzWorld } from './world.ts';

export interface Outcome {
  /** what went wrong, in the order of its discovery; empty: nothing */
  readonly failures: readonly string[];
  /** the step after which the first of it was found; undefined: nothing, or not before the end */
  readonly failedAt: number | undefined;
  readonly steps: number;
  /** versions that were made */
  readonly writes: number;
  readonly frames: number;
  readonly faults: Readonly<Record<string, number>>;
  /** equal for equal plans */
  readonly trace: string;
}

/** How long misbehaving links, stalled storages and people who reopen may take, and then a pool to settle; milliseconds. */
const LAST_FAULT_MS = 20_000;
const SETTLE_MS = 10_000;
const MAX_SETTLE_ROUNDS = 30;
/** Virtual time in which nothing but keep-alives is said. */
const QUIET_MS = 30_000;

export async function runPlan(plan: Plan, sabotage?: Sabotage): Promise<Outcome> {
  const world = createFuzzWorld(plan, sabotage);
  try {
    return await live(plan, world);
  } finally {
    await world.close();
  }
}

async function live(plan: Plan, world: FuzzWorld): Promise<Outcome> {
  const counts = new Map<string, number>();
  const outcome = (failures: readonly string[], failedAt?: number): Outcome => ({
    ...{ failures: [...new Set(failures)], failedAt, trace: world.trace.digest() },
    ...{ steps: plan.steps.length, writes: world.log.size, frames: world.network.sent.frames },
    faults: { ...Object.fromEntries(counts), ...world.network.faults },
  });
  await world.time.run(1_000);
  for (const [i, step] of plan.steps.entries()) {
    const name: StepName = step.do;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await world.perform(step, i);
    await world.time.run(step.thenMs);
    const failures = checkStep(world);
    if (failures.length > 0) return outcome(failures, i);
  }
  world.heal();
  await world.time.run(LAST_FAULT_MS);
  world.heal();
  const settled = await settle(world);
  const failures = [...checkStep(world), ...(await checkQuiet(world))];
  return outcome(settled ? failures : [...failures, 'traffic does not stop']);
}

function hasStranded({ sync: { state } }: Device): boolean {
  return [...state.neighbours.values()].some((neighbour) => isStranded(state, neighbour));
}

async function settle({ time, network, sites }: FuzzWorld): Promise<boolean> {
  /** What is waited for comes after half a minute or more. */
  const isWaiting = (): boolean =>
    sites.some(({ device }) => device !== undefined && (device.replica.isFetching || hasStranded(device)));
  for (let round = 0; round < MAX_SETTLE_ROUNDS; round++) {
    const before = network.sent.frames;
    const wasWaiting = isWaiting();
    await time.run(SETTLE_MS);
    // What came of it may be on its way to the disk still.
    if (network.sent.frames !== before || wasWaiting) continue;
    await time.run(QUIET_MS);
    return network.sent.frames === before;
  }
  return false;
}
