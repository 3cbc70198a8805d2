/** The process dies while its journal is begun, or compacted. */
import type { SimDocument } from '../user.ts';
import type { CrashScenario } from './crash-scenario.ts';
import type { CrashWorld } from './crash-world.ts';
import { A, type Accepted, insert, remove, set, withA } from './steps.ts';

/** Scenarios of the journal itself. */
export const journalScenarios: readonly CrashScenario[] = [
  {
    name: 'a first start with nothing',
    opensInRun: true,
    prepare: withA,
    async run(world) {
      world.openAt('victim');
      await world.pass(1_000);
    },
    expected: () => [A],
  },
  {
    name: 'a first start with documents from before',
    opensInRun: true,
    async prepare(world) {
      await withA(world);
      await world.writeBeside('victim', 'a', insert({ id: 'a', text: 'victim' }));
      for (const id of ['b', 'c', 'd']) await world.writeBeside('victim', id, insert({ id, text: 'old' }));
      await world.writeBeside('victim', 'c', remove);
    },
    async run(world) {
      world.openAt('victim');
      await world.pass(1_000);
    },
    expected: () => [
      { ...A, text: 'victim' },
      { id: 'b', text: 'old' },
      { id: 'd', text: 'old' },
    ],
    heads: () => ({ a: 2 }),
  },
  {
    name: 'a compaction into a snapshot of several parts',
    journalLimits: { segments: 5, snapshotPartRecords: 2 },
    async prepare(world) {
      await withA(world);
      for (const id of ['c', 'd']) world.write('witness', id, insert({ id, text: 'old' }));
      await world.pass(1_000);
    },
    run: churn,
    expected: (accepted) => [...churned(accepted), { id: 'c', text: 'old' }, { id: 'd', text: 'old' }],
  },
  {
    name: 'a compaction because of stale records',
    journalLimits: { staleRecords: 4, snapshotPartRecords: 100 },
    prepare: withA,
    run: churn,
    expected: churned,
  },
];

/** Enough edits on both sides for two compactions. */
async function churn(world: CrashWorld): Promise<void> {
  for (let i = 0; i < 4; i++) {
    world.write('victim', 'a', set('count', 100 + i), `edit ${i}`);
    world.write('witness', 'b', (before) => ({ ...before, id: 'b', count: i }));
    await world.pass(100);
  }
}

function churned(accepted: Accepted): readonly SimDocument[] {
  let count = 1;
  for (let i = 0; i < 4; i++) if (accepted(`edit ${i}`)) count = 100 + i;
  return [
    { ...A, count },
    { id: 'b', count: 3 },
  ];
}
