/** One scenario: replicas that edit the same documents at once, with links cut and healed, until all is quiet. */
import { agreementWith, canonicalJson, sameVector } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createDevice, type Device } from './device.ts';
import { type HandlerName, policyOf } from './handlers.ts';
import { createSimNetwork } from './network.ts';
import { createProcess, type StorageDelays } from './process.ts';
import { createRandom, type Random } from './random.ts';
import type { SimDocument } from './user.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';
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
    const device = createDevice({
      ...{ network, time, random },
      name: `device-${i}`,
      storage: createProcess(getRxStorageMemory() as never, time, delaysOf(random)).storage,
      merge: (onProblem) => policyOf(handler, onProblem),
      clockOffsetMs: random.chance(0.3) ? (random.next() - 0.5) * 600_000 : 0,
    });
    devices.push(await time.answer(device));
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
  const failures = [...log.violations, ...log.missing(devices), ...(await differences(devices, time))];
  if (network.sent.frames !== settledFrames)
    failures.push(`${network.sent.frames - settledFrames} frames after settling`);
  for (const device of devices) await time.answer(device.erase());
  return { failures, frames: network.sent.frames, writes };
}

/** Half of the storages answer at once, the others take their time; some tell late of what was written. */
function delaysOf(random: Random): StorageDelays {
  const call = (): number => random.next() * 4;
  const event = (): number => random.next() * 300;
  return { ...(random.chance(0.5) ? { call } : {}), ...(random.chance(0.3) ? { event } : {}) };
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

async function differences(devices: readonly Device[], time: VirtualTime): Promise<string[]> {
  const failures: string[] = [];
  const [first, ...others] = devices;
  if (first === undefined) return ['there is no device'];
  const expected = canonicalJson(Object.fromEntries(await time.answer(first.documents())));
  for (const device of devices) {
    for (const problem of device.problems) failures.push(`${device.name} reports ${problem.message}`);
    if (device.sync.state.pull !== null) failures.push(`${device.name} still pulls`);
    for (const [id, neighbour] of device.sync.state.neighbours) {
      const agreement = agreementWith(device.sync.state, neighbour);
      if (agreement !== 'same') failures.push(`[SYNC-15] what ${device.name} and ${id} hold is ${agreement}`);
    }
  }
  for (const other of others) {
    const got = canonicalJson(Object.fromEntries(await time.answer(other.documents())));
    if (got !== expected) failures.push(`${other.name} shows ${got}, ${first.name} shows ${expected}`);
    if (!sameVector(other.replica.vector, first.replica.vector))
      failures.push(`${other.name} has another vector than ${first.name}`);
  }
  return failures;
}
