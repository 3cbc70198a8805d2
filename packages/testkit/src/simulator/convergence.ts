/** One scenario: replicas that edit the same documents at once, with links cut and healed, until all is quiet. */
import { canonicalJson, sameVector } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createDevice, type Device } from './device.ts';
import { type HandlerName, policyOf } from './handlers.ts';
import { createSimNetwork } from './network.ts';
import { createRandom, type Random } from './random.ts';
import type { SimDocument } from './user.ts';
import { createVirtualTime } from './virtual-time.ts';
import { createWriteLog } from './write-log.ts';

export interface Scenario {
  readonly seed: number;
  readonly replicas: number;
  readonly handler: HandlerName;
  readonly operations: number;
}

export interface Outcome {
  /** what went wrong; empty: nothing */
  readonly failures: readonly string[];
  readonly frames: number;
  readonly writes: number;
}

/** Virtual time for the pool to settle, and then to stay quiet; keep-alives go on meanwhile. Milliseconds. */
const SETTLE_MS = 30_000;
const QUIET_MS = 60_000;

export async function runScenario({ seed, replicas, handler, operations }: Scenario): Promise<Outcome> {
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: random.pick([5, 50, 400]) });
  const devices: Device[] = [];
  for (let i = 0; i < replicas; i++) {
    devices.push(
      await createDevice({
        ...{ network, time, random },
        name: `device-${i}`,
        storage: getRxStorageMemory() as never,
        merge: (onProblem) => policyOf(handler, onProblem),
        eventDelayMs: random.chance(0.3) ? 300 : 0,
        clockOffsetMs: random.chance(0.3) ? (random.next() - 0.5) * 600_000 : 0,
      }),
    );
  }
  const log = createWriteLog();
  for (const device of devices) log.watch(device);
  const ids = ['a', 'b', 'c'];
  let writes = 0;
  for (let i = 0; i < operations; i++) {
    const step = random.next();
    if (step < 0.75) {
      writes++;
      const id = random.pick(ids);
      void random.pick(devices).write(id, editOf(random, id, i));
    } else if (step < 0.85) network.cut(random.pick(devices).name, random.pick(devices).name);
    else if (step < 0.9) network.heal();
    else await time.run(random.next() * 2_000);
    if (random.chance(0.3)) await time.run(random.next() * 50);
  }
  network.heal();
  await time.run(SETTLE_MS);
  const settledFrames = network.sent.frames;
  await time.run(QUIET_MS);
  const failures = [...log.violations, ...log.missing(devices), ...(await differences(devices))];
  if (network.sent.frames !== settledFrames)
    failures.push(`${network.sent.frames - settledFrames} frames after settling`);
  for (const device of devices) await device.erase();
  return { failures, frames: network.sent.frames, writes };
}

function editOf(
  random: Random,
  id: string,
  step: number,
): (before: SimDocument | undefined) => SimDocument | undefined {
  const kind = random.next();
  const field = random.pick(['text', 'count', 'tags', 'nested'] as const);
  const value = {
    text: `text ${step} ${random.int(1_000)} – ünïcödé 🌍`,
    count: random.int(1_000),
    tags: [String(step), String(random.int(9))],
    nested: { a: random.int(99), b: String(step) },
  }[field];
  return (before) => {
    if (before === undefined) return { id, text: `new ${step}`, [field]: value };
    if (kind < 0.15) return undefined;
    // A write that changes nothing still makes a revision.
    if (kind > 0.9) return { ...before };
    if (kind < 0.25) {
      const { [field]: _removed, ...rest } = before;
      return rest as SimDocument;
    }
    return { ...before, [field]: value };
  };
}

async function differences(devices: readonly Device[]): Promise<string[]> {
  const failures: string[] = [];
  const [first, ...others] = devices;
  if (first === undefined) return ['there is no device'];
  const expected = canonicalJson(Object.fromEntries(await first.documents()));
  for (const device of devices) {
    for (const problem of device.problems) failures.push(`${device.name} reports ${problem.message}`);
    if (device.sync.state.pull !== null) failures.push(`${device.name} still pulls`);
  }
  for (const other of others) {
    const got = canonicalJson(Object.fromEntries(await other.documents()));
    if (got !== expected) failures.push(`${other.name} shows ${got}, ${first.name} shows ${expected}`);
    if (!sameVector(other.replica.vector, first.replica.vector))
      failures.push(`${other.name} has another vector than ${first.name}`);
  }
  return failures;
}
