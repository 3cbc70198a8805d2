import { describe, expect, it } from 'vitest';
import type { Edit, Plan, Step } from './plan.ts';
import { runPlan } from './run.ts';
import { createFuzzWorld } from './world.ts';

const QUIET_PLAN: Omit<Plan, 'devices' | 'steps'> = {
  ...{ seed: 1, handler: 'fields', breaks: false, dexie: false, maxDelayMs: 5 },
  ...{ storages: [], clocks: [], segments: undefined },
};

const set = (device: number, id: string, thenMs = 100): Step => ({
  ...{ do: 'write', device, id, thenMs },
  edit: { kind: 'set', field: 'tags', value: [id, String(device)] } satisfies Edit,
});

const HEAL: Step = { do: 'heal', thenMs: 2_000 };
const SLOW = { callMs: 3, eventMs: 0 };

async function failuresOf(steps: readonly Step[], more: Partial<Plan> = {}): Promise<readonly string[]> {
  const storages = [0, 1, 2].map(() => SLOW);
  const { failures } = await runPlan({ ...QUIET_PLAN, devices: 3, storages, steps, ...more });
  return failures;
}

/** Each was found by a random scenario, failed, and was mended. */
describe('what has gone wrong once', () => {
  it('a disk forgets the newest writes of a document: the older one is no write on top of them', async () => {
    const forgets = { do: 'power', device: 2, documents: 1, journal: 0, downMs: 50, thenMs: 3_000 } as const;
    expect(await failuresOf([set(2, 'a', 2_000), set(2, 'a', 2_000), forgets])).toEqual([]);
    // A write of somebody else, a fold, and a delete.
    expect(await failuresOf([set(0, 'a', 2_000), set(1, 'a', 2_000), forgets])).toEqual([]);
    const apart: Step = { do: 'partition', side: [0], thenMs: 10 };
    const heal: Step = { do: 'heal', thenMs: 2_000 };
    expect(await failuresOf([set(0, 'a', 2_000), apart, set(0, 'a'), set(1, 'a'), heal, forgets])).toEqual([]);
    const remove: Step = { do: 'write', device: 1, id: 'a', edit: { kind: 'delete' }, thenMs: 2_000 };
    expect(await failuresOf([set(0, 'a', 2_000), remove, forgets])).toEqual([]);
  });

  it('a frozen tab thaws and writes a document that was deleted meanwhile', async () => {
    const freeze: Step = { do: 'freeze', device: 0, forMs: 1_500, thenMs: 5 };
    const remove: Step = { do: 'write', device: 1, id: 'a', edit: { kind: 'delete' }, thenMs: 3_000 };
    for (let ms = 0; ms < 60; ms += 4)
      expect(await failuresOf([set(1, 'a', ms), freeze, remove]), `frozen after ${ms} ms`).toEqual([]);
  });

  it('a frozen tab thaws when the next leader has compacted its journal', async () => {
    const freeze: Step = { do: 'freeze', device: 0, forMs: 8_000, thenMs: 30 };
    const many = Array.from({ length: 12 }, (_, i) => set(i % 3, `d${i % 4}`, 40));
    expect(await failuresOf([set(1, 'a', 8), freeze, ...many], { segments: 4 })).toEqual([]);
  });

  it('a disk forgets a document that a replica had written under its name of before', async () => {
    const rot: Step = { do: 'rot', device: 2, id: 'b', downMs: 100, thenMs: 3_000 };
    const alone: Step = { do: 'partition', side: [2], thenMs: 10 };
    expect(await failuresOf([alone, set(2, 'a'), set(2, 'b'), rot, set(2, 'c')])).toEqual([]);
  });

  it('a disk forgets several documents that nobody else has: none goes on under a new name without its content', async () => {
    const alone: Step = { do: 'partition', side: [2], thenMs: 10 };
    const heal: Step = { do: 'heal', thenMs: 2_000 };
    for (const documents of [2, 3, 4]) {
      const forgets = { do: 'power', device: 2, documents, journal: 0, downMs: 88, thenMs: 3_000 } as const;
      const writes = ['a', 'b', 'c'].map((id) => set(2, id));
      expect(await failuresOf([alone, ...writes, forgets, heal]), `${documents} forgotten`).toEqual([]);
      expect(await failuresOf([set(0, 'a'), alone, ...writes, forgets, heal]), `${documents} edits`).toEqual([]);
    }
  });

  it('a delete that a power failure took out of the journal is found again with what a handler reads of it', async () => {
    const remove: Step = { do: 'write', device: 2, id: 'a', edit: { kind: 'delete' }, thenMs: 60 };
    for (const documents of [1, 2]) {
      const forgets = { do: 'power', device: 2, documents, journal: 0, downMs: 70, thenMs: 3_000 } as const;
      const steps = [set(0, 'a', 2_000), remove, set(2, 'a'), forgets];
      expect(await failuresOf(steps, { handler: 'last-write' }), `${documents} forgotten`).toEqual([]);
    }
  });

  it('a delete lands while tombstones are removed: it stays until it is journaled', async () => {
    const remove: Step = { do: 'write', device: 0, id: 'a', edit: { kind: 'delete' }, thenMs: 0 };
    const purge: Step = { do: 'purge', device: 0, thenMs: 0 };
    const pause: Step = { do: 'heal', thenMs: 20 };
    for (let ms = 0; ms < 12; ms++) {
      const steps: Step[] = [
        { do: 'partition', side: [0], thenMs: 10 },
        set(0, 'a'),
        { ...purge, thenMs: ms },
        remove,
        pause,
      ];
      expect(await failuresOf([...steps, set(0, 'a')]), `deleted after ${ms} ms`).toEqual([]);
    }
  });

  it('a disk forgets a document while others ask for it: nobody is called a liar for what was taken back', async () => {
    const rot: Step = { do: 'rot', device: 2, id: 'a', downMs: 3_000, thenMs: 2 };
    for (const others of [[], [set(1, 'b', 50), set(0, 'b', 50)]])
      expect(await failuresOf([set(2, 'a', 58), ...others, rot, set(2, 'b', 30)])).toEqual([]);
  });

  it('a disk forgets the newest writes, and someone writes before that is noticed: on what he saw, and on nothing else', async () => {
    const remove: Step = { do: 'write', device: 1, id: 'a', edit: { kind: 'delete' }, thenMs: 2_000 };
    const apart: Step[] = [
      { do: 'partition', side: [0], thenMs: 10 },
      set(0, 'a'),
      set(1, 'a'),
      { do: 'heal', thenMs: 2_000 },
    ];
    for (const before of [[set(1, 'a', 2_000)], [remove], apart]) {
      for (let ms = 44; ms < 64; ms += 3) {
        const forgets = { do: 'power', device: 2, documents: 1, journal: 0, downMs: 50, thenMs: ms } as const;
        const steps = [set(0, 'a', 2_000), ...before, forgets, set(2, 'a', 3_000)];
        for (const handler of ['fields', 'last-write'] as const)
          expect(await failuresOf(steps, { handler }), `${handler}, after ${ms} ms`).toEqual([]);
      }
    }
  });

  it('a disk forgets the newest write, and someone writes twice before that is noticed: on what he saw, and on nothing else', async () => {
    for (let ms = 2; ms < 26; ms += 2) {
      const forgets = { do: 'power', device: 2, documents: 1, journal: 0, downMs: 50, thenMs: 48 } as const;
      const steps = [set(0, 'a', 2_000), set(1, 'a', 2_000), forgets, set(2, 'a', ms), set(2, 'a', 3_000)];
      expect(await failuresOf(steps), `after ${ms} ms`).toEqual([]);
    }
  });

  it('a disk forgets all of the journal: what goes on under a name of before is a fork, until it is repaired', async () => {
    const forgets = { do: 'power', device: 0, documents: 0, journal: 5, downMs: 3_700, thenMs: 50 } as const;
    const fold = [set(2, 'a', 0), set(1, 'a', 15), set(1, 'b', 60), set(0, 'a', 40)];
    expect(await failuresOf([...fold, forgets])).toEqual([]);
  });

  it('a disk forgets an edit and a delete that others have, and their numbers are used again: all agree in the end', async () => {
    const forgets = { do: 'power', device: 0, documents: 3, journal: 4, downMs: 84, thenMs: 0 } as const;
    const remove: Step = { do: 'write', device: 0, id: 'a', edit: { kind: 'delete' }, thenMs: 40 };
    const before: Step[] = [set(1, 'b', 12), set(1, 'a', 1_800), set(0, 'a', 0), remove];
    expect(await failuresOf([...before, forgets, set(0, 'b', 25), set(0, 'a', 10)])).toEqual([]);
  });

  it('a disk forgets what a later version in its documents has superseded: its numbers are not used again', async () => {
    for (const thenMs of [0, 40, 60]) {
      const forgets = { do: 'power', device: 2, documents: 0, journal: 2, downMs: 50, thenMs } as const;
      const steps = [set(2, 'a', 2_000), set(1, 'a', 2_000), forgets, set(2, 'a', 3_000)];
      expect(await failuresOf(steps), `after ${thenMs} ms`).toEqual([]);
    }
  });

  it('a backup is put back, and what comes has superseded numbers that it does not know: they are not used again', async () => {
    const alone: Step = { do: 'partition', side: [2], thenMs: 10 };
    const edit: Step = {
      ...{ do: 'write', device: 2, id: 'b', thenMs: 3_000 },
      edit: { kind: 'set', field: 'count', value: 1 },
    };
    for (const documents of [1, 2]) {
      const forgets = { do: 'power', device: 2, documents, journal: 0, downMs: 50, thenMs: 3_000 } as const;
      const steps: Step[] = [
        { do: 'backup', device: 2, thenMs: 50 },
        ...[alone, set(2, 'a'), set(2, 'b'), set(2, 'a'), set(2, 'c'), forgets],
        { do: 'heal', thenMs: 3_000 },
        { do: 'restore', device: 2, downMs: 50, thenMs: 3_000 },
      ];
      expect(await failuresOf([...steps, edit]), `${documents} forgotten`).toEqual([]);
    }
  });

  it('a disk forgets all of the journal, and a delete is found again: it still covers what it was made on', async () => {
    const forgets = { do: 'power', device: 0, documents: 1, journal: 5, downMs: 11, thenMs: 50 } as const;
    const remove: Step = { do: 'write', device: 0, id: 'a', edit: { kind: 'delete' }, thenMs: 24 };
    for (const before of [[set(2, 'a', 2_000)], [set(2, 'a', 0), set(1, 'a', 2_000)]])
      expect(await failuresOf([...before, remove, set(0, 'b', 0), forgets])).toEqual([]);
  });

  it('a disk forgets a document, when another one goes on under the name of before a frozen tab: it travels all the same', async () => {
    const alone: Step = { do: 'partition', side: [0], thenMs: 10 };
    const freeze: Step = { do: 'freeze', device: 0, forMs: 2_000, thenMs: 100 };
    const rot: Step = { do: 'rot', device: 0, id: 'a', downMs: 100, thenMs: 3_000 };
    expect(await failuresOf([alone, set(0, 'a'), set(0, 'b'), freeze, rot])).toEqual([]);
  });

  it('a disk forgets what others had acknowledged, who forget it, too: what is left of it goes on', async () => {
    const storages = [0, 1, 2].map(() => ({ callMs: 0, eventMs: 0 }));
    const forgets = (device: number, downMs: number): Step => ({
      ...{ do: 'power', device, documents: 5, journal: 0, downMs, thenMs: 0 },
    });
    const rot: Step = { do: 'rot', device: 0, id: 'b', downMs: 50, thenMs: 20 };
    const steps: Step[] = [
      { do: 'stall', device: 0, forMs: 3_900, thenMs: 0 },
      ...[set(1, 'c', 0), set(2, 'a', 20), set(2, 'b', 20), set(1, 'd', 0), forgets(1, 1_000)],
      ...[set(2, 'e', 0), rot, set(2, 'd', 40), forgets(2, 50)],
    ];
    expect(await failuresOf(steps, { storages })).toEqual([]);
  });

  it('a name cannot be taken for what goes on, where a document has a version of that name already', async () => {
    const forgets = (documents: number, downMs: number, thenMs: number): Step => ({
      ...{ do: 'power', device: 2, documents, journal: 0, downMs, thenMs },
    });
    const first = [set(2, 'a', 20), set(2, 'b', 50), forgets(5, 40, 20)];
    expect(await failuresOf([...first, set(2, 'b', 0), set(2, 'c', 2_000), forgets(1, 50, 0)])).toEqual([]);
  });

  it('who has named later writes of a restored backup forgets them: what it has goes on without them', async () => {
    const storages = [100, 5, 100].map((callMs) => ({ callMs, eventMs: 0 }));
    const forgets = { do: 'power', device: 0, documents: 20, journal: 20, downMs: 3_000, thenMs: 0 } as const;
    for (const thenMs of [150, 240]) {
      const steps: Step[] = [
        { do: 'partition', side: [2], thenMs: 0 },
        ...[set(1, 'a', 2_000), { do: 'backup', device: 1, thenMs: 50 } as const],
        ...[set(1, 'b'), set(1, 'c'), set(1, 'd', 2_000)],
        ...[{ do: 'restore', device: 1, downMs: 50, thenMs } as const, forgets, { do: 'heal', thenMs: 50 } as const],
      ];
      expect(await failuresOf(steps, { storages }), `after ${thenMs} ms`).toEqual([]);
    }
  });

  it('a disk forgets a document, while another one shows more than was journaled: what that has superseded does not go on', async () => {
    for (let write = 1; write <= 4; write++) {
      const steps: Step[] = [
        ...[set(1, 'a', 6), { do: 'partition', side: [1, 2, 3], thenMs: 58 } as const, set(1, 'b', 0), set(2, 'b', 0)],
        { do: 'crash', device: 1, write, mode: 'before', downMs: 2_488, thenMs: 1_076 },
        ...[{ do: 'rot', device: 1, id: 'a', downMs: 1_629, thenMs: 0 } as const, set(1, 'a', 1)],
      ];
      const more = { devices: 4, storages: [0, 1, 2, 3].map(() => ({ callMs: 0, eventMs: 0 })) };
      expect(await failuresOf(steps, more), `before write ${write}`).toEqual([]);
    }
  });

  it('a disk forgets a document, and somebody has deleted another one that he had acknowledged: that stays deleted', async () => {
    const remove: Step = { do: 'write', device: 2, id: 'd', edit: { kind: 'delete' }, thenMs: 300 };
    const steps: Step[] = [
      ...[{ do: 'partition', side: [1], thenMs: 50 } as const, set(1, 'shared', 500), HEAL],
      ...[set(0, 'shared', 2_000), { do: 'partition', side: [1], thenMs: 50 } as const],
      ...[set(0, 'd', 500), set(0, 'e', 500), set(0, 'f', 2_000)],
      { do: 'rot', device: 0, id: 'shared', downMs: 5_000, thenMs: 0 },
      ...[{ do: 'cut', device: 0, from: 2, thenMs: 50 } as const, remove],
      // Who is asked first has much else to bring, and knows nothing of it.
      ...Array.from({ length: 30 }, (_, i) => set(1, `x${i}`, 50)),
      ...[{ do: 'heal', thenMs: 0 } as const, { do: 'cut', device: 1, from: 2, thenMs: 8_000 } as const],
    ];
    const world = createFuzzWorld({ ...QUIET_PLAN, devices: 3, storages: [0, 1, 2].map(() => SLOW), steps });
    await world.time.run(1_000);
    for (const [i, step] of steps.entries()) {
      await world.perform(step, i);
      await world.time.run(step.thenMs);
    }
    world.heal();
    await world.time.run(90_000);
    for (const { device } of world.sites) {
      const shown = device === undefined ? undefined : await world.time.answer(device.documents());
      expect(shown?.has('x29')).toBe(true);
      expect(shown?.has('d')).toBe(false);
    }
    await world.close();
  });
});
