/** Two devices that hold the same documents, migrate separately, and meet: what crosses, and what is minted. */
import { addRxPlugin, type RxCollectionCreator } from 'rxdb';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { createMemoryNetwork } from 'rxdb-p2p';
import { createTestDevice, type Doc, settled, shown } from './devices.ts';

export interface MigrationResult {
  /** bytes that crossed when the two met, handshakes included */
  readonly bytes: number;
  /** writes that the vectors name after it, and not before */
  readonly minted: number;
  /** documents with two versions of one write */
  readonly forks: number;
  readonly problems: readonly string[];
  readonly equal: boolean;
  readonly seconds: number;
}

const BODY_BYTES = 200;
const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;
const old: RxCollectionCreator = { schema };
const by = (strategy: (document: Doc) => Doc) =>
  ({ schema: { ...schema, version: 1 }, migrationStrategies: { 1: strategy } }) as unknown as RxCollectionCreator;

export async function measureMigration(
  documents: number,
): Promise<{ readonly deterministic: MigrationResult; readonly forked: MigrationResult }> {
  addRxPlugin(RxDBMigrationSchemaPlugin);
  const shout = (document: Doc): Doc => ({ ...document, text: String(document['text']).toUpperCase() });
  const named =
    (name: string) =>
    (document: Doc): Doc => ({ ...document, text: `${name} ${String(document['text'])}` });
  return {
    deterministic: await migrateAndMeet(documents, by(shout), by(shout)),
    forked: await migrateAndMeet(documents, by(named('one')), by(named('two'))),
  };
}

async function migrateAndMeet(
  documents: number,
  mine: RxCollectionCreator,
  yours: RxCollectionCreator,
): Promise<MigrationResult> {
  const [one, two] = [createTestDevice(), createTestDevice()];
  const before = createMemoryNetwork();
  const [a, b] = [await one.open(old, before), await two.open(old, before)];
  const text = 'x'.repeat(BODY_BYTES);
  await a.items.bulkInsert(Array.from({ length: documents }, (_, i) => ({ id: `d${i}`, text })));
  await settled(a, b);
  await Promise.all([a.close(), b.close()]);
  const known = await one.journal();
  const startedAt = performance.now();
  await (await one.open(mine)).close();
  await (await two.open(yours)).close();
  const network = createMemoryNetwork();
  const [c, d] = [await one.open(mine, network), await two.open(yours, network)];
  await settled(c, d);
  const seconds = (performance.now() - startedAt) / 1_000;
  const equal = JSON.stringify(await shown(c)) === JSON.stringify(await shown(d));
  const problems = [...new Set([...c.problems, ...d.problems])];
  await Promise.all([c.close(), d.close()]);
  const after = await Promise.all([one.journal(), two.journal()]);
  return {
    ...{ equal, problems, seconds, bytes: network.bytes },
    minted: after.reduce(
      (sum, { vector }) => sum + [...vector].filter(([actor, seq]) => (known.vector.get(actor) ?? 0) < seq).length,
      0,
    ),
    forks: (after[0]?.heads ?? 0) - known.heads,
  };
}
