import { canonicalJson } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { createDevice, type Device } from '../device.ts';
import { createRandom, type Random } from '../random.ts';
import { SEEDS as ASKED, THOROUGH } from '../thoroughness.ts';
import { createVirtualTime } from '../virtual-time.ts';
import { createMeshNetwork } from './mesh-network.ts';

/** For each style; each takes a few seconds. */
const SEEDS = Math.ceil(ASKED / 50);
const DEVICES = 12;
const MAX_CONNECTIONS = 4;
const WRITES = THOROUGH ? 60 : 24;

interface Outcome {
  readonly failures: readonly string[];
  /** of a write's content, on average */
  readonly copies: number;
}

/** How writes come: one by one, many at once, and many at once to the same few documents. */
type Style = 'one by one' | 'in bursts' | 'to the same documents';

/** Which document the next write goes to. */
function idOf(style: Style, index: number): string {
  return style === 'to the same documents' ? `document ${index % 5}` : `document ${index}`;
}

async function run(seed: number, style: Style, disturb: (random: Random) => 'cut' | 'heal' | 'none'): Promise<Outcome> {
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const maxDelayMs = random.pick([10, 50, 400]);
  const network = createMeshNetwork(time, random, { minDelayMs: 1, maxDelayMs, limits: { links: MAX_CONNECTIONS } });
  const devices: Device[] = [];
  for (let index = 0; index < DEVICES; index++) {
    const storage = getRxStorageMemory() as never;
    const options = { network, time, random, name: `partial-${style}-${seed}-${index}`, clockOffsetMs: 0 };
    devices.push(await time.answer(createDevice({ ...options, storage, merge: () => createFieldsPolicy() })));
  }
  for (const { name, write } of devices) await write(name, () => ({ id: name, text: 'the first' }));
  await time.run(60_000);
  const before = network.versions;
  for (let index = 0; index < WRITES; index++) {
    const id = idOf(style, index);
    const written = random.pick(devices).write(id, () => ({ id, text: `write ${index}` }));
    if (style === 'one by one') await written;
    if (style === 'one by one' || random.chance(0.2)) await time.run(random.next() * 3_000);
    const disturbance = disturb(random);
    if (disturbance === 'cut') network.cut(random.pick(devices).name, random.pick(devices).name);
    if (disturbance === 'heal') network.heal();
  }
  // The pool gets together around what is cut; only then all is mended.
  await time.run(60_000);
  const apart = await differences(devices);
  network.heal();
  await time.run(30_000);
  const failures = [...apart.map((text) => `while links were cut: ${text}`), ...(await differences(devices))];
  if (network.mostLinks > MAX_CONNECTIONS) failures.push(`a device had ${network.mostLinks} connections`);
  for (const { name, problems } of devices)
    for (const problem of problems) failures.push(`${name}: ${problem.message}`);
  for (const device of devices) await time.answer(device.erase());
  return { failures, copies: (network.versions - before) / WRITES };
}

async function differences(devices: readonly Device[]): Promise<string[]> {
  const texts = await Promise.all(
    devices.map(async (device) => canonicalJson(Object.fromEntries(await device.documents()))),
  );
  return devices.flatMap(({ name }, index) => (texts[index] === texts[0] ? [] : [`${name} shows other documents`]));
}

describe(`${DEVICES} replicas with at most ${MAX_CONNECTIONS} connections each, links cut at random`, () => {
  it.each<Style>(['one by one', 'in bursts', 'to the same documents'])(
    `converge, at no more than 1.5 × (N − 1) copies of each write, when users write %s`,
    async (style) => {
      const failed: string[] = [];
      let worst = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const disturb = (random: Random): 'cut' | 'heal' | 'none' =>
          random.chance(0.3) ? 'cut' : random.chance(0.05) ? 'heal' : 'none';
        const { failures, copies } = await run(seed, style, disturb);
        for (const failure of failures) failed.push(`seed ${seed}: ${failure}`);
        if (copies > 1.5 * (DEVICES - 1)) failed.push(`seed ${seed}: ${copies} copies of each write`);
        worst = Math.max(worst, copies);
      }
      process.stdout.write(
        `copies of each write, ${style}: at most ${worst.toFixed(2)} in ${SEEDS} runs, ${DEVICES - 1} needed\n`,
      );
      expect(failed).toEqual([]);
    },
    600_000,
  );
});
