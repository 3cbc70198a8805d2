/** The process dies while it folds concurrent versions: pending, document, record. */
import type { CrashScenario } from './crash-scenario.ts';
import { A, apart, insert, orNone, remove, set, textOf, withA } from './steps.ts';

/** Scenarios of concurrent versions: pending, document, record. */
export const concurrentScenarios: readonly CrashScenario[] = [
  {
    name: 'concurrent edits of different fields',
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], set('count', 2)),
    expected: (accepted) => [{ ...A, text: textOf(accepted('edit'), 'victim'), count: 2 }],
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'concurrent edits of one field',
    contested: 'text',
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], set('text', 'witness')),
    expected: () => [{ ...A, text: 'witness' }],
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'concurrent inserts',
    run: (world) => apart(world, [insert({ id: 'a', text: 'victim' }), 'insert'], insert({ id: 'a', count: 5 })),
    expected: (accepted) => [{ id: 'a', count: 5, ...(accepted('insert') ? { text: 'victim' } : {}) }],
    heads: (accepted) => ({ a: accepted('insert') ? 2 : 1 }),
  },
  {
    name: 'a local edit against a remote delete',
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], remove),
    expected: (accepted) => orNone(accepted('edit'), { ...A, text: 'victim' }),
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'a local delete against a remote edit',
    prepare: withA,
    run: (world) => apart(world, [remove, 'delete'], set('count', 2)),
    expected: () => [{ ...A, count: 2 }],
    heads: (accepted) => ({ a: accepted('delete') ? 2 : 1 }),
  },
  {
    name: 'deletes on both sides',
    prepare: withA,
    run: (world) => apart(world, [remove, 'delete'], remove),
    expected: () => [],
    heads: (accepted) => ({ a: accepted('delete') ? 2 : 1 }),
  },
  {
    name: 'a write that settles concurrent versions',
    async prepare(world) {
      await withA(world);
      await apart(world, [set('text', 'victim'), 'edit'], set('text', 'witness'));
    },
    async run(world) {
      world.write('victim', 'a', set('text', 'settled'), 'settle');
      await world.pass(1_000);
    },
    expected: (accepted) => [{ ...A, text: accepted('settle') ? 'settled' : 'witness' }],
    heads: (accepted) => ({ a: accepted('settle') ? 1 : 2 }),
  },
  {
    name: 'a remote write that settles concurrent versions',
    async prepare(world) {
      await withA(world);
      await apart(world, [set('text', 'victim'), 'edit'], set('text', 'witness'));
    },
    async run(world) {
      world.write('witness', 'a', set('text', 'settled'));
      await world.pass(1_000);
    },
    expected: () => [{ ...A, text: 'settled' }],
  },
  {
    name: 'a version that breaks the schema beside one that does not',
    quarantines: true,
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], set('count', 'no number')),
    expected: (accepted) => orNone(accepted('edit'), { ...A, text: 'victim' }),
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  ...[undefined, { ...A, text: 'corrected' }].map(
    (corrected): CrashScenario => ({
      name: `a version that is kept aside is let go, ${corrected === undefined ? 'for what is shown' : 'and corrected'}`,
      quarantines: true,
      renames: true,
      async prepare(world) {
        await withA(world);
        await apart(world, [set('text', 'victim'), 'edit'], set('count', 'no number'));
        await world.pass(1_000);
      },
      async run(world) {
        world.release('victim', 'a', corrected);
        await world.pass(1_000);
      },
      expected: (_, releases) => [releases > 0 && corrected !== undefined ? corrected : { ...A, text: 'victim' }],
      heads: (_, releases) => ({ a: releases > 0 ? 1 : 2 }),
    }),
  ),
  {
    name: 'two concurrent versions of an unknown document, and then what settles them',
    places: ['victim', 'witness', 'third'],
    async prepare(world) {
      for (const [one, other] of [
        ['victim', 'witness'],
        ['victim', 'third'],
        ['witness', 'third'],
      ] as const)
        world.network.cut(one, other);
      world.write('witness', 'a', insert({ id: 'a', text: 'witness' }));
      world.write('third', 'a', insert({ id: 'a', count: 3 }));
      world.write('third', 'b', insert({ id: 'b' }));
      await world.pass(100);
      world.network.heal();
      world.network.cut('victim', 'witness');
      world.network.cut('victim', 'third');
      await world.pass(1_000);
    },
    async run(world) {
      world.network.heal();
      await world.pass(1_000);
      world.write('third', 'a', set('tags', ['z']));
      await world.pass(1_000);
    },
    expected: () => [{ id: 'a', text: 'witness', count: 3, tags: ['z'] }, { id: 'b' }],
  },
];

/** The same under a handler of the application: tombstones keep their contents, and the later document wins whole. */
export const handledScenarios: readonly CrashScenario[] = [
  {
    name: 'concurrent edits under the handler last-write',
    handler: 'last-write',
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], set('count', 2)),
    expected: () => [{ ...A, count: 2 }],
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'a local edit against a remote delete under the handler last-write',
    handler: 'last-write',
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], remove),
    expected: () => [],
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'a local delete against a remote edit under the handler last-write',
    handler: 'last-write',
    prepare: withA,
    run: (world) => apart(world, [remove, 'delete'], set('count', 2)),
    expected: () => [{ ...A, count: 2 }],
    heads: (accepted) => ({ a: accepted('delete') ? 2 : 1 }),
  },
  {
    name: 'a remote delete under the handler last-write',
    handler: 'last-write',
    prepare: withA,
    async run(world) {
      world.write('witness', 'a', remove);
      await world.pass(1_000);
    },
    expected: () => [],
  },
  {
    name: 'a local delete under the handler last-write',
    handler: 'last-write',
    prepare: withA,
    async run(world) {
      world.write('victim', 'a', remove, 'delete');
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(!accepted('delete'), A),
  },
];
