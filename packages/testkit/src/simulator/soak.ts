/**
 * `npm run soak:simulate`: ten replicas in a full mesh that write for a long time. Memory must stay flat once it is warm, the
 * journals must hold one record for each document that ever was, and compact what is stale.
 *
 *     npm run soak:simulate -- --operations 100000
 */
import { parseArgs } from 'node:util';
import { createDevice, type Device } from './device.ts';
import { createDisk } from './disk.ts';
import { policyOf } from './handlers.ts';
import { createSimNetwork } from './network.ts';
import { createRandom } from './random.ts';
import { createHandWrites } from './user.ts';
import { createVirtualTime } from './virtual-time.ts';

const REPLICAS = 10;
const DOCUMENTS = 500;
/** Share of operations that delete; what they delete is inserted again sooner or later. */
const DELETES = 0.1;
/** Samples of memory, evenly spread. The first quarter is for warming up. */
const SAMPLES = 40;
const WARM_UP = 0.25;
/** How far above the mean of the second quarter that of the last one may be. */
const GROWTH = 1.1;

class Forgetful<K, V> extends Map<K, V> {
  override set(): this {
    return this;
  }
}

interface Sample {
  readonly operations: number;
  readonly heapMB: number;
  readonly segments: number;
}

const { values } = parseArgs({ options: { operations: { type: 'string', default: '100000' } } });
const operations = Number(values.operations);
const random = createRandom(1);
const time = createVirtualTime(random);
const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 20 });
const devices: Device[] = [];
for (let i = 0; i < REPLICAS; i++) {
  const disk = createDisk(undefined, { history: false });
  // What a test remembers of every write would be all that grows.
  const handWrites = { ...createHandWrites(), madeOn: new Forgetful<string, string>() };
  const name = `soak-${i}`;
  devices.push(
    await time.answer(
      createDevice({
        ...{ name, network, time, random, handWrites, storage: disk.storage, clockOffsetMs: 0 },
        merge: (onProblem) => policyOf('fields', onProblem, time),
      }),
    ),
  );
}

const everWritten = new Set<string>();
const samples: Sample[] = [];
const startedAt = Date.now();
for (let done = 1; done <= operations; done++) {
  const device = random.pick(devices);
  const id = `d${random.int(DOCUMENTS)}`;
  const remove = random.chance(DELETES);
  everWritten.add(id);
  void device.write(id, (before) =>
    remove && before !== undefined ? undefined : { ...before, id, count: done, text: `text ${done}` },
  );
  await time.run(5);
  if (done % Math.ceil(operations / SAMPLES) === 0) samples.push(await sample(done));
}
await time.run(60_000);

const records = devices.map(({ journal }) => journal.records.size);
const quarter = Math.floor(samples.length * WARM_UP);
const warm = meanHeap(samples.slice(quarter, 2 * quarter));
const last = meanHeap(samples.slice(-quarter));
const shown = new Set(
  await Promise.all(devices.map(async (device) => JSON.stringify([...(await device.documents())].sort()))),
);
const failures = [
  ...(shown.size === 1 ? [] : ['the replicas show different documents']),
  ...(records.every((count) => count === everWritten.size)
    ? []
    : [`${records.join(', ')} records of ${everWritten.size} documents`]),
  ...(last <= warm * GROWTH ? [] : [`memory has grown from ${Math.round(warm)} MB to ${Math.round(last)} MB`]),
  ...(samples.every(({ segments }) => segments < 2_000) ? [] : ['segments pile up']),
];
for (const { operations: at, heapMB, segments } of samples)
  process.stdout.write(
    `${String(at).padStart(8)} operations  ${String(heapMB).padStart(5)} MB heap  ${segments} rows in the longest journal\n`,
  );
process.stdout.write(
  `${REPLICAS} replicas, ${operations} operations, ${everWritten.size} documents ever, ${records[0]} records each, ${network.sent.frames} frames, ${Math.round((Date.now() - startedAt) / 1_000)} s\n`,
);
for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
process.exit(failures.length === 0 ? 0 : 1);

function meanHeap(some: readonly Sample[]): number {
  return some.reduce((sum, { heapMB }) => sum + heapMB, 0) / some.length;
}

async function sample(done: number): Promise<Sample> {
  globalThis.gc?.();
  const rows = await Promise.all(devices.map((device) => device.journalRows()));
  return { operations: done, heapMB: Math.round(process.memoryUsage().heapUsed / 1e6), segments: Math.max(...rows) };
}
