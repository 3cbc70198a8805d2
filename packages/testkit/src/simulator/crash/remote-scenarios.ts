/** The process dies while it takes versions from others. */
import type { CrashScenario } from './crash-scenario.ts';
import { A, insert, orNone, remove, set, textOf, withA } from './steps.ts';

/** Scenarios of versions that come from others. */
export const remoteScenarios: readonly CrashScenario[] = [
  {
    name: 'a remote insert: document, then record',
    async run(world) {
      world.write('witness', 'a', insert(A));
      await world.pass(1_000);
    },
    expected: () => [A],
  },
  {
    name: 'a remote edit',
    prepare: withA,
    async run(world) {
      world.write('witness', 'a', set('text', 'second'));
      await world.pass(1_000);
    },
    expected: () => [{ ...A, text: 'second' }],
  },
  {
    name: 'remote edits one after another',
    prepare: withA,
    async run(world) {
      for (const value of ['second', 'third', 'fourth']) {
        world.write('witness', 'a', set('text', value));
        world.write('witness', value, insert({ id: value }));
        await world.pass(15);
      }
      await world.pass(1_000);
    },
    expected: () => [{ ...A, text: 'fourth' }, { id: 'second' }, { id: 'third' }, { id: 'fourth' }],
  },
  {
    name: 'a remote delete: pending, document, record',
    prepare: withA,
    async run(world) {
      world.write('witness', 'a', remove);
      await world.pass(1_000);
    },
    expected: () => [],
  },
  {
    name: 'a remote delete of a document that was never here: record alone',
    async prepare(world) {
      world.network.cut('victim', 'witness');
      await withA(world);
      world.write('witness', 'a', remove);
      await world.pass(100);
    },
    async run(world) {
      world.network.heal();
      await world.pass(1_000);
    },
    expected: () => [],
  },
  {
    name: 'a remote insert over a tombstone',
    async prepare(world) {
      await withA(world);
      world.write('victim', 'a', remove);
      await world.pass(1_000);
    },
    async run(world) {
      world.write('witness', 'a', insert({ id: 'a', text: 'again' }));
      await world.pass(1_000);
    },
    expected: () => [{ id: 'a', text: 'again' }],
  },
  {
    name: 'the first sync of several batches',
    async prepare(world) {
      world.network.cut('victim', 'witness');
      for (const id of ['a', 'b', 'c', 'd', 'e']) world.write('witness', id, insert({ ...A, id }));
      await world.pass(100);
      world.write('witness', 'b', remove);
      world.write('witness', 'a', set('text', 'second'));
      world.write('victim', 'f', insert({ id: 'f' }));
      await world.pass(100);
    },
    async run(world) {
      world.network.heal();
      await world.pass(20);
      world.write('victim', 'c', set('text', 'third'), 'edit');
      await world.pass(1_000);
    },
    expected: (accepted) => [
      { ...A, text: 'second' },
      { ...A, id: 'c', text: textOf(accepted('edit'), 'third') },
      { ...A, id: 'd' },
      { ...A, id: 'e' },
      { id: 'f' },
    ],
  },
  {
    name: 'a remote insert over a tombstone that was purged',
    async prepare(world) {
      await withA(world);
      world.write('victim', 'a', remove);
      await world.pass(1_000);
      await world.purge('victim', 'a');
    },
    async run(world) {
      world.write('witness', 'a', insert({ id: 'a', text: 'again' }));
      await world.pass(1_000);
    },
    expected: () => [{ id: 'a', text: 'again' }],
  },
  {
    name: 'a backup, whose device fetches what it had written since, and issues again what it writes on it',
    losesStorage: true,
    opensInRun: true,
    async prepare(world) {
      world.openAt('victim');
      await withA(world);
      world.write('victim', 'b', insert({ id: 'b', text: 'own' }));
      await world.pass(1_000);
      const putBack = world.save('victim');
      world.write('victim', 'b', set('text', 'later'));
      for (const id of ['c', 'e']) world.write('victim', id, insert({ id, text: 'later' }));
      await world.pass(1_000);
      world.newProcess('victim');
      await putBack();
    },
    async run(world) {
      world.network.cut('victim', 'witness');
      world.openAt('victim');
      await world.pass(500);
      world.write('victim', 'd', insert({ id: 'd', text: 'alone' }), 'alone');
      await world.pass(500);
      world.network.heal();
      await world.pass(2_000);
    },
    expected: (accepted) => [
      A,
      { id: 'b', text: 'later' },
      { id: 'c', text: 'later' },
      { id: 'e', text: 'later' },
      ...orNone(accepted('alone'), { id: 'd', text: 'alone' }),
    ],
  },
  {
    name: 'documents that the storage has lost, pulled again',
    losesStorage: true,
    opensInRun: true,
    async prepare(world) {
      world.openAt('victim');
      await withA(world);
      for (const id of ['b', 'c', 'd']) world.write('witness', id, insert({ id, text: 'old' }));
      world.write('victim', 'e', insert({ id: 'e', text: 'own' }));
      await world.pass(1_000);
      world.write('victim', 'c', set('text', 'own'));
      await world.pass(1_000);
      world.newProcess('victim');
      for (const id of ['b', 'c', 'e']) await world.purge('victim', id);
    },
    async run(world) {
      world.openAt('victim');
      await world.pass(1_000);
    },
    expected: () => [
      A,
      { id: 'b', text: 'old' },
      { id: 'c', text: 'own' },
      { id: 'd', text: 'old' },
      { id: 'e', text: 'own' },
    ],
  },
];
