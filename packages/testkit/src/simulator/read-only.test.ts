import { sha256 } from '@noble/hashes/sha2.js';
import { base64url } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { createDevice, type Device } from './device.ts';
import { createSimNetwork } from './network.ts';
import { createRandom } from './random.ts';
import { createVirtualTime } from './virtual-time.ts';

const QUIET_MS = 120_000;
const STEPS = 80;

const replicaOf = (name: string): string => base64url(sha256(new TextEncoder().encode(name)));

describe('a device that may read and not write', () => {
  it.each(Array.from({ length: 8 }, (_, i) => i + 1))(
    '[CONN-30] [SYNC-7] gets all of the others, who never hold a write of it and converge (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      const time = createVirtualTime(random);
      const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 40 });
      const names = ['a', 'b', 'reader'].map((name) => `read-only ${seed} ${name}`);
      const reader = names[2] ?? '';
      const mayWrite = (replica: string): boolean => replica !== replicaOf(reader);
      const open = (name: string): Promise<Device> =>
        time.answer(
          createDevice({
            ...{ network, time, random, name, clockOffsetMs: random.int(10_000), mayWrite },
            storage: getRxStorageMemory() as never,
            merge: () => createFieldsPolicy(),
          }),
        );
      const devices: Device[] = [];
      for (const name of names) devices.push(await open(name));
      for (let step = 0; step < STEPS; step++) {
        const device = random.pick(devices);
        const id = `d${random.int(6)}`;
        if (random.chance(0.7)) {
          const text = `${step} by ${device.name}`;
          void device.write(id, (before) =>
            random.chance(0.15)
              ? undefined
              : random.chance(0.5)
                ? { ...before, id, text }
                : { ...before, id, tags: [text] },
          );
        } else if (random.chance(0.5)) network.cut(random.pick(names), random.pick(names));
        else network.heal();
        await time.run(random.int(300));
      }
      network.heal();
      await time.run(QUIET_MS);
      const [a, b, r] = devices;
      if (a === undefined || b === undefined || r === undefined) throw new Error('no devices');
      const shown = await time.answer(a.documents());
      expect(await time.answer(b.documents())).toEqual(shown);
      expect([...b.replica.vector].sort()).toEqual([...a.replica.vector].sort());
      expect(JSON.stringify([...shown])).not.toContain(`by ${reader}`);
      expect(a.replica.vector.has(r.replica.actor)).toBe(false);
      // What it holds of its own lies over what it got; nothing is lacking below.
      for (const [actor, seq] of a.replica.vector) expect(r.replica.vector.get(actor)).toBe(seq);
      const { frames } = network.sent;
      await time.run(QUIET_MS);
      expect(network.sent.frames).toBe(frames);
      expect(devices.flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual([]);
      for (const device of devices) await time.answer(device.erase());
    },
  );
});
