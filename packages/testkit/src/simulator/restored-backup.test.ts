import { contentHash, createFieldHasher } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { restoreBackup, takeBackup } from './backup.ts';
import { createDevice, type Device } from './device.ts';
import { createSimNetwork } from './network.ts';
import { createRandom, type Random } from './random.ts';
import type { SimDocument } from './user.ts';
import { createVirtualTime } from './virtual-time.ts';

const QUIET_MS = 120_000;

function createWorld(random: Random) {
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 20 });
  const storage = getRxStorageMemory() as never;
  const open = (name: string, sends = true): Promise<Device> =>
    time.answer(
      createDevice({
        ...{ network, time, random, name, storage, clockOffsetMs: 0, sends },
        merge: () => createFieldsPolicy(),
      }),
    );
  const write = (device: Device, id: string, text: string) => {
    void device.write(id, (before) => ({ ...before, id, text }) as SimDocument);
    return time.run(50);
  };
  return { time, network, storage, open, write };
}

/** All texts that any head of any document says, by document. */
async function textsOf({ replica, journal }: Device): Promise<Map<string, readonly string[]>> {
  const texts = new Map<string, readonly string[]>();
  for (const id of [...journal.records.keys()].sort()) {
    const heads = await replica.headsOf(id);
    texts.set(id, heads.map(({ body }) => JSON.parse(body ?? '{}').text).sort());
  }
  return texts;
}

describe('a device that was set back to a backup', () => {
  it.each(Array.from({ length: 10 }, (_, i) => i + 1))(
    '[REP-21] writes under another name, fetches what it had written, and loses nothing of what it wrote since (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      // Memory storages of one process share their content.
      const [name, otherName] = [`restored ${seed}`, `other ${seed}`];
      const { time, network, storage, open, write } = createWorld(random);
      const other = await open(otherName);
      let device = await open(name);
      const ids = Array.from({ length: 20 }, (_, i) => `d${String(i).padStart(2, '0')}`);
      for (const id of ids.slice(0, 10)) await write(device, id, `${id} early`);
      await time.run(5_000);
      // Written when the backup was taken, and not sent: others get it afterwards.
      network.cut(name, otherName);
      await write(device, 'd01', 'd01 in the backup');
      await write(device, 'd10', 'd10 in the backup');
      await time.answer(device.close());
      const backup = await time.answer(takeBackup(storage, name));
      device = await open(name);
      network.heal();
      await time.run(2_000);
      // After the backup: all of this is sent.
      for (const id of ['d02', 'd03', 'd01']) await write(device, id, `${id} after`);
      for (const id of ['d11', 'd12', 'd13']) await write(device, id, `${id} after`);
      await time.run(5_000);
      const before = device.replica.actor;
      await time.answer(device.erase());

      await time.answer(restoreBackup(storage, name, backup));
      network.cut(name, otherName);
      device = await open(name);
      expect(device.replica.actor).toBe(before);
      // Since: the same numbers again, on other documents and on the same.
      const since = ['d03', 'd02', 'd14', 'd04'].filter((id) => id === 'd03' || random.chance(0.5));
      for (const id of since) await write(device, id, `${id} since`);
      network.heal();
      await time.run(60_000);

      expect(device.replica.actor).not.toBe(before);
      const mine = await time.answer(textsOf(device));
      expect(await time.answer(textsOf(other))).toEqual(mine);
      expect(await time.answer(other.documents())).toEqual(await time.answer(device.documents()));
      const expected = new Map<string, readonly string[]>(ids.slice(0, 10).map((id) => [id, [`${id} early`]]));
      for (const id of ['d01', 'd02', 'd03', 'd11', 'd12', 'd13']) expected.set(id, [`${id} after`]);
      expected.set('d10', ['d10 in the backup']);
      // What was written since did not know of what was written after the backup.
      for (const id of since)
        expected.set(id, id === 'd02' || id === 'd03' ? [`${id} after`, `${id} since`] : [`${id} since`]);
      expect([...mine]).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
      expect([...device.problems, ...other.problems].map(({ code }) => code)).toEqual(['ROLLED_BACK']);
      const { frames } = network.sent;
      await time.run(QUIET_MS);
      expect(network.sent.frames).toBe(frames);
      await time.answer(device.erase());
      await time.answer(other.erase());
    },
  );

  it.each([1, 2, 3])(
    '[REP-21] [SYNC-7] takes the word of a device that only reads, and goes on at once under another name (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      const [name, readerName] = [`publisher ${seed}`, `reader ${seed}`];
      const { time, network, storage, open, write } = createWorld(random);
      const reader = await open(readerName, false);
      let device = await open(name);
      for (const id of ['a', 'b']) await write(device, id, 'early');
      await time.run(5_000);
      await time.answer(device.close());
      const backup = await time.answer(takeBackup(storage, name));
      device = await open(name);
      for (const id of ['b', 'c']) await write(device, id, 'after');
      await time.run(5_000);
      const before = device.replica.actor;
      await time.answer(device.erase());

      await time.answer(restoreBackup(storage, name, backup));
      device = await open(name);
      await time.run(5_000);
      for (const id of ['a', 'd']) await write(device, id, 'since');
      await time.run(60_000);
      expect(device.replica.actor).not.toBe(before);
      expect(device.problems.map(({ code }) => code)).toEqual(['ROLLED_BACK']);
      const texts = await time.answer(textsOf(reader));
      for (const id of ['a', 'd']) expect(texts.get(id)).toContain('since');
      expect(await time.answer(textsOf(device))).toEqual(
        new Map([
          ['a', ['since']],
          ['b', ['early']],
          ['d', ['since']],
        ]),
      );
      const { frames } = network.sent;
      await time.run(QUIET_MS);
      expect(network.sent.frames).toBe(frames);
      await time.answer(device.erase());
      await time.answer(reader.erase());
    },
  );

  it('[REP-21] [REP-3] does not take what names its later writes for what brings them', async () => {
    const { time, open, write } = createWorld(createRandom(1));
    const device = await open('set back and told');
    for (const id of ['a', 'b']) await write(device, id, 'early');
    const before = device.replica.actor;
    const { versions } = await time.answer(device.replica.read(new Map(), null));
    expect(versions.map(({ head }) => head.seq)).toEqual([1, 2]);
    const claim = new Map([[before, 4]]);
    const answer = { cursor: null, range: null, claim };

    // The end of a catch-up that began before: it was asked for with a vector that covered both.
    await time.answer(device.replica.apply({ ...answer, versions: [] }));
    expect(device.replica.actor).not.toBe(before);
    expect([...device.replica.vector]).toEqual([]);
    await time.answer(device.replica.apply({ ...answer, versions }));
    expect([...device.replica.vector]).toEqual([[before, 4]]);
    const heads = [...device.journal.records.values()].flatMap((record) => record.heads.map(({ head }) => head.actor));
    expect(heads).toEqual([before, before]);
    expect(device.journal.seq).toBe(0);
    await time.answer(device.erase());
  });

  it('[REP-21] [REP-3] nor what comes while it is still being written that it was set back', async () => {
    const { time, open, write } = createWorld(createRandom(1));
    const device = await open('set back, on a slow disk');
    for (const id of ['a', 'b']) await write(device, id, 'early');
    const before = device.replica.actor;
    const answer = { cursor: null, range: null, claim: new Map([[before, 4]]), versions: [] };
    let isTold = false;
    device.replica.onCommit(() => {
      isTold = true;
    });
    const applied = [device.replica.apply(answer)];
    // Each was asked for before anybody could know.
    for (let turn = 0; turn < 1_000 && !isTold; turn++) {
      applied.push(device.replica.apply(answer));
      await Promise.resolve();
    }
    await time.answer(Promise.all(applied));
    expect(device.replica.actor).not.toBe(before);
    expect([...device.replica.vector]).toEqual([]);
    await time.answer(device.erase());
  });

  it('[REP-21] [REP-3] a second time, before the first has ended, issues nothing under the name that is given up', async () => {
    const { time, open, write } = createWorld(createRandom(1));
    const device = await open('set back twice');
    for (const id of ['a', 'b']) await write(device, id, 'early');
    const first = device.replica.actor;
    const tell = (actor: string, seq: number): Promise<void> =>
      time.answer(device.replica.apply({ cursor: null, range: null, claim: new Map([[actor, seq]]), versions: [] }));
    await tell(first, 4);
    const second = device.replica.actor;
    expect(device.replica.isFetching).toBe(true);
    await write(device, 'c', 'meanwhile');
    // Others know its second and third write of that name, which are other ones than any that it could make now.
    await tell(second, 3);
    const third = device.replica.actor;
    const heads = [...device.journal.records.values()].flatMap(({ id, heads: [stored] }) => [
      [id, stored?.head.actor, stored?.head.seq],
    ]);
    expect(heads).toEqual([
      ['a', third, 1],
      ['b', third, 2],
      ['c', second, 1],
    ]);
    expect([...device.replica.vector]).toEqual([[third, 2]]);
    await time.answer(device.erase());
  });

  it('[REP-21] shows what its new name makes of versions of the same time, whose order is that of their names', async () => {
    const other = 'V---------------';
    const hasher = createFieldHasher();
    let turned = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const { time, open, write } = createWorld(createRandom(seed));
      const device = await open(`set back beside ${seed}`);
      await write(device, 'a', 'mine');
      const first = device.replica.actor;
      const [mine] = (await time.answer(device.replica.read(new Map(), null))).versions;
      if (mine === undefined) throw new Error('nothing was written');
      const body = { id: 'a', text: 'yours' };
      const envelope = { ...mine.head, actor: other, seq: 1 };
      const hash = contentHash(envelope, hasher.hash(body));
      const yours = { id: 'a', body: JSON.stringify(body), head: { ...envelope, hash } };
      const told = { cursor: null, range: null, claim: null };
      await time.answer(device.replica.apply({ ...told, versions: [yours] }));
      await time.answer(device.replica.apply({ ...told, versions: [], claim: new Map([[first, 4]]) }));
      await time.answer(device.replica.endFetch());
      const { actor } = device.replica;
      const shown = (await time.answer(device.documents())).get('a');
      expect(shown?.['text'], `seed ${seed}`).toBe(actor > other ? 'mine' : 'yours');
      if (first > other !== actor > other) turned++;
      await time.answer(device.erase());
    }
    expect(turned).toBeGreaterThan(0);
  });
});
