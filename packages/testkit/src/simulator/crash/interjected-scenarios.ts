/** The process dies after a person has written in the middle of what the replica does. */
import { WRITE_CONTEXT } from 'rxdb-p2p/testing';
import type { StorageWrite } from '../process.ts';
import type { CrashScenario } from './crash-scenario.ts';
import { A, apart, insert, orNone, remove, set, textOf, withA } from './steps.ts';

const ours = ({ instance, context }: StorageWrite): boolean => instance === 'items' && context === WRITE_CONTEXT;

/** Scenarios of a person who writes in the middle of what the replica does. */
export const interjectedScenarios: readonly CrashScenario[] = [
  {
    name: 'a local edit between our document and its record',
    prepare: withA,
    async run(world) {
      world.interject('after', ours, () => world.userAt('victim').write('a', set('count', 9), 'edit'));
      world.write('witness', 'a', set('text', 'second'));
      await world.pass(1_000);
    },
    expected: (accepted) => [{ ...A, text: 'second', count: accepted('edit') ? 9 : 1 }],
  },
  {
    name: 'a local delete between our document and its record',
    prepare: withA,
    async run(world) {
      world.interject('after', ours, () => world.userAt('victim').write('a', remove, 'delete'));
      world.write('witness', 'a', set('text', 'second'));
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(!accepted('delete'), { ...A, text: 'second' }),
  },
  {
    name: 'a local edit before our document: the storage answers 409',
    prepare: withA,
    async run(world) {
      world.interject('before', ours, () => world.userAt('victim').write('a', set('count', 9), 'edit'));
      world.write('witness', 'a', set('text', 'second'));
      await world.pass(1_000);
    },
    expected: (accepted) => [{ ...A, text: 'second', count: accepted('edit') ? 9 : 1 }],
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'a local edit between pending and document',
    prepare: withA,
    async run(world) {
      world.interject('before', ours, () => world.userAt('victim').write('a', set('tags', ['late']), 'late'));
      await apart(world, [set('text', 'victim'), 'edit'], set('count', 2));
    },
    expected: (accepted) => [
      {
        ...{ id: 'a', text: textOf(accepted('edit'), 'victim'), count: 2 },
        tags: accepted('late') ? ['late'] : ['x'],
      },
    ],
    heads: (accepted) => ({ a: accepted('edit') || accepted('late') ? 2 : 1 }),
  },
  {
    name: 'a local edit between the document of a fold and its record',
    prepare: withA,
    async run(world) {
      world.interject('after', ours, () => world.userAt('victim').write('a', set('tags', ['late']), 'late'));
      await apart(world, [set('text', 'victim'), 'edit'], set('count', 2));
    },
    expected: (accepted) => [
      {
        ...{ id: 'a', text: textOf(accepted('edit'), 'victim'), count: 2 },
        tags: accepted('late') ? ['late'] : ['x'],
      },
    ],
    heads: (accepted) => ({ a: accepted('edit') && !accepted('late') ? 2 : 1 }),
  },
  {
    name: 'a local insert between the document of a delete and its record',
    // After a crash nothing tells whether the insert was made on the remote tombstone or on an own one: concurrent.
    openHeads: ['a'],
    prepare: withA,
    async run(world) {
      const again = { id: 'a', text: 'again' };
      world.interject('after', ours, () => world.userAt('victim').write('a', insert(again), 'insert'));
      world.write('witness', 'a', remove);
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(accepted('insert'), { id: 'a', text: 'again' }),
  },
  {
    name: 'a local edit between pending and the document of a delete',
    prepare: withA,
    async run(world) {
      world.interject('before', ours, () => world.userAt('victim').write('a', set('count', 9), 'edit'));
      world.write('witness', 'a', remove);
      await world.pass(1_000);
    },
    expected: (accepted) => orNone(accepted('edit'), { ...A, count: 9 }),
    heads: (accepted) => ({ a: accepted('edit') ? 2 : 1 }),
  },
  {
    name: 'a local write while another one is looked up',
    prepare: withA,
    async run(world) {
      const victim = world.processAt('victim');
      let looksUp: 'not yet' | 'next' | 'done' = 'not yet';
      victim.watch({
        landed({ instance }) {
          if (instance === 'items' && looksUp === 'not yet') looksUp = 'next';
        },
        finding(instance) {
          if (instance !== 'items' || looksUp !== 'next') return undefined;
          looksUp = 'done';
          return world.userAt('victim').write('b', insert({ id: 'b' }), 'insert');
        },
      });
      world.write('victim', 'a', set('text', 'second'), 'edit');
      await world.pass(1_000);
    },
    expected: (accepted) => [
      { ...A, text: textOf(accepted('edit'), 'second') },
      ...orNone(accepted('insert'), { id: 'b' }),
    ],
  },
  {
    name: 'a local write between two batches that are taken in',
    prepare: withA,
    async run(world) {
      const { timers } = world.processAt('victim');
      world.interject('after', ours, async () => {
        // By now the second batch waits for the first one; what is written now comes after both.
        await new Promise<void>((resolve) => timers.after(50, resolve));
        await world.userAt('victim').write('c', insert({ id: 'c' }), 'insert');
      });
      world.write('witness', 'a', set('text', 'second'));
      await world.pass(20);
      world.write('witness', 'b', insert({ id: 'b' }));
      await world.pass(1_000);
    },
    expected: (accepted) => [{ ...A, text: 'second' }, { id: 'b' }, ...orNone(accepted('insert'), { id: 'c' })],
  },
];
