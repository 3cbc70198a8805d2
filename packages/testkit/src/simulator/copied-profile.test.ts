import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { restoreBackup, takeBackup } from './backup.ts';
import { createDevice, type Device } from './device.ts';
import { createSimNetwork } from './network.ts';
import { createRandom } from './random.ts';
import type { SimDocument } from './user.ts';
import { createVirtualTime } from './virtual-time.ts';

/** Nothing but keep-alives is said in this time once all is settled, milliseconds. */
const QUIET_MS = 120_000;

function createWorld(seed: number) {
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 20 });
  const storage = getRxStorageMemory() as never;
  const open = (name: string, writesAs = name): Promise<Device> =>
    time.answer(
      createDevice({
        ...{ network, time, random, name, storage, writesAs, clockOffsetMs: 0 },
        merge: () => createFieldsPolicy(),
      }),
    );
  const write = (device: Device, id: string, text: string) => {
    void device.write(id, (before) => ({ ...before, id, text }) as SimDocument);
    return time.run(50);
  };
  return { time, network, storage, open, write };
}

/** All texts that any head of any document says. */
async function textsOf({ replica, journal }: Device): Promise<string[]> {
  const texts: string[] = [];
  for (const id of journal.records.keys())
    for (const { body } of await replica.headsOf(id)) texts.push(JSON.parse(body ?? '{}').text);
  return texts.sort();
}

describe('a profile that was copied to another device, and goes on as the same author on both', () => {
  it.each([1, 2, 3])('[VER-10] [REPAIR-4] loses nothing, is reported, and converges (seed %i)', async (seed) => {
    const { time, network, storage, open, write } = createWorld(seed);
    const other = await open('other');
    const first = await open('original');
    for (let i = 0; i < 30; i++) await write(first, `document ${i}`, `text ${i}`);
    await time.run(5_000);
    await first.close();
    const backup = await time.answer(takeBackup(storage, 'original'));
    await time.answer(restoreBackup(storage, 'copy', backup));

    for (const [a, b] of [
      ['original', 'copy'],
      ['original', 'other'],
      ['copy', 'other'],
    ] as const)
      network.cut(a, b);
    const original = await open('original');
    const copy = await open('copy', 'original');
    expect(copy.replica.actor).toBe(original.replica.actor);
    for (const device of [original, copy]) {
      await write(device, `only ${device.name}`, `only ${device.name}`);
      await write(device, 'document 3', `edited by ${device.name}`);
    }
    await time.run(5_000);
    expect([...copy.replica.vector]).toEqual([...original.replica.vector]);
    network.heal();
    await time.run(60_000);

    const devices = [original, copy, other];
    const shown = await Promise.all(devices.map((device) => time.answer(device.documents())));
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
    for (const device of devices) {
      const texts = await time.answer(textsOf(device));
      expect(texts).toEqual(expect.arrayContaining(['only original', 'only copy']));
      expect(texts).toEqual(expect.arrayContaining(['edited by original', 'edited by copy']));
      expect(texts).toHaveLength(29 + 2 + 2);
    }
    const reported = new Set(devices.flatMap(({ problems }) => problems.map(({ code }) => code)));
    expect([...reported].sort()).toEqual(['DIVERGED', 'WRITE_FORKED']);
    const { frames } = network.sent;
    await time.run(QUIET_MS);
    expect(network.sent.frames).toBe(frames);
    for (const device of devices) await time.answer(device.erase());
  });
});
