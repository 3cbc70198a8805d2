/** RxDB's schema migration, as applications use it, on devices that migrate by themselves and meet afterwards. */
import { addRxPlugin, type RxCollectionCreator } from 'rxdb';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { createMemoryNetwork } from 'rxdb-p2p';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, createTestDevice, type Device, type Doc, settled, shown } from './devices.ts';
import { measureMigration } from './migration-cost.ts';

addRxPlugin(RxDBMigrationSchemaPlugin);
afterEach(closeAll);

const OLD = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' }, count: { type: 'number' } },
  required: ['id'],
} as const;
const NEW = {
  ...OLD,
  version: 1,
  properties: { id: OLD.properties.id, title: { type: 'string' }, count: { type: 'number' } },
  required: ['id', 'title'],
} as const;

const rename = ({ text, ...rest }: Doc): Doc => ({ ...rest, title: `* ${String(text)}` });
const old: RxCollectionCreator = { schema: OLD };
const migratedBy = (strategy: (document: Doc) => Doc | null, more: Partial<RxCollectionCreator> = {}) =>
  ({ schema: NEW, migrationStrategies: { 1: strategy }, ...more }) as unknown as RxCollectionCreator;

/** Two devices that hold the same documents, of which one is contested, one deleted, one deleted and edited at once. */
async function twoWithConflicts(more: Partial<RxCollectionCreator> = {}): Promise<readonly [Device, Device]> {
  const [one, two] = [createTestDevice(), createTestDevice()];
  const network = createMemoryNetwork();
  const [a, b] = [await one.open({ ...old, ...more }, network), await two.open({ ...old, ...more }, network)];
  await a.items.bulkInsert(['plain', 'contested', 'deleted', 'both'].map((id) => ({ id, text: id, count: 0 })));
  await settled(a, b);
  await (await a.items.findOne('deleted').exec())?.remove();
  network.cut(one.name, two.name);
  await (await a.items.findOne('contested').exec())?.patch({ text: 'by a' });
  await (await b.items.findOne('contested').exec())?.patch({ text: 'by b' });
  await (await a.items.findOne('both').exec())?.patch({ count: 1 });
  await (await b.items.findOne('both').exec())?.remove();
  network.heal();
  await settled(a, b);
  expect(await shown(b)).toEqual(await shown(a));
  await a.close();
  await b.close();
  return [one, two];
}

describe('a schema migration', () => {
  it('[REP-23] keeps journal and heads: devices that migrate by themselves agree afterwards without a write', async () => {
    const [one, two] = await twoWithConflicts();
    const before = await one.journal();
    const network = createMemoryNetwork();
    for (const device of [one, two]) await (await device.open(migratedBy(rename))).close();
    const [a, b] = [await one.open(migratedBy(rename), network), await two.open(migratedBy(rename), network)];
    await settled(a, b);
    expect(await shown(a)).toEqual([
      { id: 'both', title: '* both', count: 1 },
      { id: 'contested', title: '* by b', count: 0 },
      { id: 'plain', title: '* plain', count: 0 },
    ]);
    expect(await shown(b)).toEqual(await shown(a));
    const versions = await a.pool.conflicts('contested');
    expect(versions.map(({ document }) => document)).toEqual([
      { id: 'contested', title: '* by a', count: 0 },
      { id: 'contested', title: '* by b', count: 0 },
    ]);
    const others = await b.pool.conflicts('contested');
    expect(others.map(({ own, ...version }) => ({ own: !own, ...version }))).toEqual(versions);
    expect([...a.problems, ...b.problems]).toEqual([]);
    await a.close();
    await b.close();
    for (const device of [one, two]) {
      const { vector, heads } = await device.journal();
      expect(vector).toEqual(before.vector);
      expect(heads).toBe(before.heads);
    }
  });

  it('[REP-10] takes what was written under the old schema, and not journaled, for a write on top of what it had shown', async () => {
    const [one, two] = await twoWithConflicts();
    // The application without us.
    const plain = await one.open(old);
    await plain.pool.cancel();
    await (await plain.items.findOne('contested').exec())?.patch({ text: 'later' });
    await plain.close();
    const network = createMemoryNetwork();
    const [a, b] = [await one.open(migratedBy(rename), network), await two.open(migratedBy(rename), network)];
    await settled(a, b);
    expect(
      await b.items
        .findOne('contested')
        .exec()
        .then((document) => document?.toJSON()),
    ).toMatchObject({ title: '* later' });
    expect(await shown(b)).toEqual(await shown(a));
    expect(await a.pool.conflicts('contested')).toEqual([]);
  });

  it('a document that a strategy removes is kept and not shown, and does not come back', async () => {
    const [one, two] = await twoWithConflicts();
    const remove = (document: Doc): Doc | null =>
      document['id'] === 'plain' || document['id'] === 'contested' ? null : rename(document);
    const network = createMemoryNetwork();
    const [a, b] = [await one.open(migratedBy(remove), network), await two.open(migratedBy(remove), network)];
    await settled(a, b);
    expect(await shown(a)).toEqual([{ id: 'both', title: '* both', count: 1 }]);
    expect(await shown(b)).toEqual(await shown(a));
    const third = await createTestDevice().open(migratedBy(remove), network);
    await settled(a, b, third);
    expect(await shown(third)).toEqual(await shown(a));
  });

  it('a strategy that is not deterministic makes forks, which are reported, and converge', async () => {
    const [one, two] = await twoWithConflicts();
    const network = createMemoryNetwork();
    const by = (name: string) =>
      migratedBy((document) => ({ ...rename(document), title: `${name} ${String(document['text'])}` }));
    const [a, b] = [await one.open(by('one'), network), await two.open(by('two'), network)];
    await settled(a, b);
    expect(await shown(b)).toEqual(await shown(a));
    for (const { problems } of [a, b]) expect(problems).toContain('WRITE_FORKED');
    expect(await a.pool.conflicts('plain')).toHaveLength(2);
  }, 30_000);

  it('a strategy that fails for a concurrent version is reported, and nothing is lost', async () => {
    const [one, two] = await twoWithConflicts();
    const picky = (document: Doc): Doc => {
      if (document['text'] === 'by a') throw new Error('picky');
      return rename(document);
    };
    const network = createMemoryNetwork();
    const [a, b] = [await one.open(migratedBy(picky), network), await two.open(migratedBy(picky), network)];
    await settled(a, b);
    expect(a.problems).toContain('MIGRATION_FAILED');
    expect(await shown(b)).toEqual(await shown(a));
    expect(await shown(a)).toContainEqual({ id: 'contested', title: '* by b', count: 0 });
  });

  it('[REP-23] of 300 documents sends no body and mints no dot; one that is not deterministic converges', async () => {
    const { deterministic, forked } = await measureMigration(300);
    expect(deterministic).toMatchObject({ minted: 0, forks: 0, problems: [], equal: true });
    // Handshakes, vectors and fingerprints: less than fifty of the bodies.
    expect(deterministic.bytes).toBeLessThan(10_000);
    expect(forked).toMatchObject({ minted: 0, equal: true, forks: 300 });
    expect(forked.problems).toContain('WRITE_FORKED');
  }, 60_000);
});
