/** What a device does when its process dies: every order of writes of DESIGN §4. */
import { WRITE_CONTEXT } from 'rxdb-p2p/testing';
import type { StorageWrite } from '../process.ts';
import type { Change, SimDocument } from '../user.ts';
import type { CrashScenario } from './crash-run.ts';
import type { CrashWorld } from './crash-world.ts';

type Accepted = (label: string) => boolean;

const insert =
  (document: SimDocument): Change =>
  () =>
    document;
const set =
  (field: string, value: unknown): Change =>
  (before) =>
    before === undefined ? undefined : { ...before, [field]: value };
const remove: Change = () => undefined;

const A: SimDocument = { id: 'a', text: 'first', count: 1, tags: ['x'] };

/** `a` exists everywhere. */
async function withA(world: CrashWorld): Promise<void> {
  world.write('witness', 'a', insert(A));
  await world.pass(1_000);
}

/** Both write while no link connects them, the victim first; then the link comes back. */
async function apart(world: CrashWorld, victim: readonly [Change, string], witness: Change): Promise<void> {
  world.network.cut('victim', 'witness');
  await world.pass(100);
  world.write('victim', 'a', ...victim);
  await world.pass(100);
  world.write('witness', 'a', witness);
  await world.pass(100);
  world.network.heal();
  await world.pass(1_000);
}

const ours = ({ instance, context }: StorageWrite): boolean => instance === 'items' && context === WRITE_CONTEXT;
const orNone = (shown: boolean, document: SimDocument): readonly SimDocument[] => (shown ? [document] : []);
const text = (accepted: boolean, value: string): string => (accepted ? value : 'first');

/** Scenarios of writes by hand on the victim. */
const local: readonly CrashScenario[] = [
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
    expected: (accepted) => [{ ...A, text: text(accepted('edit'), 'second') }],
  },
  {
    name: 'local edits one after another',
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
        ...{ id: 'a', text: text(accepted('edit 1'), 'second') },
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
    name: 'writes under a clock that went back',
    async prepare(world) {
      await withA(world);
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
      { ...A, text: text(accepted('edit'), 'second') },
      ...orNone(accepted('insert'), { id: 'b' }),
    ],
  },
];

/** Scenarios of versions that come from others. */
const remote: readonly CrashScenario[] = [
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
        await world.pass(2);
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
      { ...A, id: 'c', text: text(accepted('edit'), 'third') },
      { ...A, id: 'd' },
      { ...A, id: 'e' },
      { id: 'f' },
    ],
  },
];

/** Scenarios of concurrent versions: pending, document, record. */
const concurrent: readonly CrashScenario[] = [
  {
    name: 'concurrent edits of different fields',
    prepare: withA,
    run: (world) => apart(world, [set('text', 'victim'), 'edit'], set('count', 2)),
    expected: (accepted) => [{ ...A, text: text(accepted('edit'), 'victim'), count: 2 }],
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

/** Scenarios of a person who writes in the middle of what the replica does. */
const interjected: readonly CrashScenario[] = [
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
        ...{ id: 'a', text: text(accepted('edit'), 'victim'), count: 2 },
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
        ...{ id: 'a', text: text(accepted('edit'), 'victim'), count: 2 },
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
];

/** Scenarios of the journal itself. */
const journal: readonly CrashScenario[] = [
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
    journalLimits: { segments: 10, snapshotPartRecords: 2 },
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
    journalLimits: { staleRecords: 8, snapshotPartRecords: 100 },
    prepare: withA,
    run: churn,
    expected: churned,
  },
];

/** Enough edits on both sides for two compactions. */
async function churn(world: CrashWorld): Promise<void> {
  for (let i = 0; i < 12; i++) {
    world.write('victim', 'a', set('count', 100 + i), `edit ${i}`);
    world.write('witness', 'b', (before) => ({ ...before, id: 'b', count: i }));
    await world.pass(100);
  }
}

function churned(accepted: Accepted): readonly SimDocument[] {
  let count = 1;
  for (let i = 0; i < 12; i++) if (accepted(`edit ${i}`)) count = 100 + i;
  return [
    { ...A, count },
    { id: 'b', count: 11 },
  ];
}

/** The same under a handler of the application: tombstones keep their contents, and the later document wins whole. */
const handled: readonly CrashScenario[] = [
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

export const crashScenarios: readonly CrashScenario[] = [
  ...local,
  ...remote,
  ...concurrent,
  ...interjected,
  ...journal,
  ...handled,
];
