import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { createDevice, type Device } from './device.ts';
import { createSimNetwork, type SimNetwork } from './network.ts';
import { createRandom } from './random.ts';
import { createVirtualTime } from './virtual-time.ts';

interface Mesh {
  readonly devices: readonly Device[];
  readonly network: SimNetwork;
  run(ms: number): Promise<void>;
}

async function settledMesh(size: number): Promise<Mesh> {
  const random = createRandom(size);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 20 });
  const devices: Device[] = [];
  for (let i = 0; i < size; i++) {
    const options = { network, time, random, name: `cost-${size}-${i}`, clockOffsetMs: 0 };
    const storage = getRxStorageMemory() as never;
    devices.push(await createDevice({ ...options, storage, merge: () => createFieldsPolicy() }));
  }
  for (const [i, device] of devices.entries())
    await device.write(`first-${i}`, () => ({ id: `first-${i}`, text: 'hello' }));
  await time.run(30_000);
  return { devices, network, run: (ms) => time.run(ms) };
}

describe('what a pool costs', () => {
  it.each([2, 4, 8, 12])(
    'one insert into a settled mesh of %i crosses the wire at most 1.2 × (N − 1) times',
    async (size) => {
      const { devices, network, run } = await settledMesh(size);
      const before = network.sent.versions;
      await devices[0]?.write('new', () => ({ id: 'new', text: 'one copy for each' }));
      await run(30_000);
      for (const device of devices) expect((await device.documents()).size).toBe(size + 1);
      expect(network.sent.versions - before).toBeLessThanOrEqual(1.2 * (size - 1));
      expect(network.sent.versions - before).toBeGreaterThanOrEqual(size - 1);
      for (const device of devices) await device.erase();
    },
  );

  it('a reconnect with nothing new costs less than 2 KB, whatever number of documents there are', async () => {
    const { devices, network, run } = await settledMesh(8);
    const [a, b] = devices;
    if (a === undefined || b === undefined) throw new Error('no devices');
    for (let i = 0; i < 200; i++) await a.write(`d${i}`, () => ({ id: `d${i}`, text: 'x'.repeat(200) }));
    await run(60_000);
    expect(b.replica.vector.size).toBe(8);
    network.cut(a.name, b.name);
    await run(1_000);
    const before = network.sent.bytes;
    network.heal();
    // Less than the time after which keep-alives begin.
    await run(5_000);
    expect(network.sent.bytes - before).toBeGreaterThan(100);
    expect(network.sent.bytes - before).toBeLessThan(2_048);
    for (const device of devices) await device.erase();
  });
});
