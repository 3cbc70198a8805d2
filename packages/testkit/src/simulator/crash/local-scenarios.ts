/** The process dies of writes that are made by hand, or of journaling them. */
import type { CrashScenario } from './crash-scenario.ts';
import { A, insert, orNone, remove, set, textOf, withA } from './steps.ts';

/** Scenarios of writes by hand on the victim. */
export const localScenarios: readonly CrashScenario[] = [
  {
    name: 'a local insert',
    async run(world) {
      world.write('victim', 'a', insert(A), 'insert');
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(accepted('insert'), A),
  },
  {
    name: 'a local edit',
    prepare: withA,
    async run(world) {
      world.write('victim', 'a', set('text', 'second'), 'edit');
      await world.pass(1_000);
    },
    expected: (accepted) => [{ ...A, text: textOf(accepted('edit'), 'second') }],
  },
  {
    name: 'local edits one after another',
    // On a slow storage they need not land in the order of their times.
    needsComparison: true,
    prepare: withA,
    async run(world) {
      world.write('victim', 'a', set('text', 'second'), 'edit 1');
      world.write('victim', 'b', insert({ id: 'b' }), 'insert');
      world.write('victim', 'a', set('count', 2), 'edit 2');
      await world.pass(3);
      world.write('victim', 'a', set('tags', ['y']), 'edit 3');
      world.write('victim', 'b', set('text', 'b'), 'edit b');
      await world.pass(1_000);
    },
    expected: (accepted) => [
      {
        ...{ id: 'a', text: textOf(accepted('edit 1'), 'second') },
        ...{ count: accepted('edit 2') ? 2 : 1, tags: accepted('edit 3') ? ['y'] : ['x'] },
      },
      ...orNone(accepted('insert'), { id: 'b', ...(accepted('edit b') ? { text: 'b' } : {}) }),
    ],
  },
  {
    name: 'a local delete',
    prepare: withA,
    async run(world) {
      world.write('victim', 'a', remove, 'delete');
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(!accepted('delete'), A),
  },
  {
    name: 'a local insert over a tombstone',
    async prepare(world) {
      await withA(world);
      world.write('witness', 'a', remove);
      await world.pass(1_000);
    },
    async run(world) {
      world.write('victim', 'a', insert({ id: 'a', text: 'again' }), 'insert');
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(accepted('insert'), { id: 'a', text: 'again' }),
  },
  {
    name: 'a local insert over the record of a document that was never here',
    async prepare(world) {
      world.network.cut('victim', 'witness');
      await withA(world);
      world.write('witness', 'a', remove);
      await world.pass(100);
      world.network.heal();
      await world.pass(1_000);
    },
    async run(world) {
      world.write('victim', 'a', insert({ id: 'a', text: 'again' }), 'insert');
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(accepted('insert'), { id: 'a', text: 'again' }),
  },
  {
    name: 'a local insert over a tombstone that was purged',
    async prepare(world) {
      await withA(world);
      world.write('witness', 'a', remove);
      await world.pass(1_000);
      await world.purge('victim', 'a');
    },
    async run(world) {
      world.write('victim', 'a', insert({ id: 'a', text: 'again' }), 'insert');
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(accepted('insert'), { id: 'a', text: 'again' }),
  },
  {
    name: 'writes under a clock that went back',
    needsComparison: true,
    async prepare(world) {
      await withA(world);
      world.write('victim', 'a', set('count', 2));
      await world.pass(1_000);
      world.newProcess('victim');
      world.openAt('victim', -3_600_000);
      await world.pass(1_000);
    },
    async run(world) {
      world.write('victim', 'b', insert({ id: 'b' }), 'insert');
      world.write('victim', 'a', set('text', 'second'), 'edit');
      await world.pass(1_000);
    },
    expected: (accepted) => [
      { ...A, count: 2, text: textOf(accepted('edit'), 'second') },
      ...orNone(accepted('insert'), { id: 'b' }),
    ],
  },
];
