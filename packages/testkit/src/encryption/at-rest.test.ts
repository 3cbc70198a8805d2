/** rxdb-p2p on an encrypted storage: the pool works as ever, and nothing that it stores gives a field away. */
import {
  addRxPlugin,
  createRxDatabase,
  type RxCollection,
  type RxDatabase,
  type RxJsonSchema,
  type RxStorage,
} from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, type P2PPool, RxDBP2PPlugin, type TransportFactory } from 'rxdb-p2p';
import { createRecoveryKey, encryptedStorage, encryptionOf } from 'rxdb-p2p-encryption';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';

addRxPlugin(RxDBP2PPlugin);

interface Note {
  id: string;
  title: string;
  secret?: string;
}

const schema: RxJsonSchema<Note> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, title: { type: 'string' }, secret: { type: 'string' } },
  required: ['id', 'title'],
};
const encryptedSchema: RxJsonSchema<Note> = { ...schema, encrypted: ['secret'] };

const disk = getRxStorageMemory();
let databases: RxDatabase[] = [];
let count = 0;
afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});

interface Setup {
  readonly transport: TransportFactory;
  readonly name: string;
  /** undefined: nothing is encrypted */
  readonly password: unknown;
}

async function open({ transport, name, password }: Setup): Promise<RxCollection<Note>> {
  const plain = disk as unknown as RxStorage<unknown, unknown>;
  const storage = password === undefined ? plain : encryptedStorage({ storage: plain });
  const database = await createRxDatabase({
    name,
    storage,
    password,
    multiInstance: false,
    options: { p2p: { transport } },
  });
  databases.push(database);
  const used = password === undefined ? schema : encryptedSchema;
  return (await database.addCollections({ notes: { schema: used } })).notes as unknown as RxCollection<Note>;
}

async function documents(collection: RxCollection<Note>): Promise<unknown[]> {
  return (await collection.find().exec()).map((document) => document.toJSON());
}

async function settled(...pools: readonly P2PPool<Note>[]): Promise<void> {
  for (let i = 0; i < 2; i++) for (const pool of pools) await pool.inSync();
}

/** Everything that the storage holds of a database, by storage instance. */
function stored(name: string): Map<string, string> {
  const states = disk.collectionStates as unknown as Map<string, { documents: Map<string, unknown> }>;
  const mine = [...states].filter(([key]) => key.split('--memory--')[0] === name);
  return new Map(
    mine.map(([key, state]) => [key.split('--memory--')[1] ?? '', JSON.stringify([...state.documents.values()])]),
  );
}

/** Values that are written, edited, contested, deleted: each is in documents, in the journal, or in both. */
const CANARIES = ['written-by-a', 'edited-by-b', 'contested-by-a', 'contested-by-b', 'deleted-by-a'];

async function use(
  passwords: readonly [unknown, unknown],
): Promise<readonly [Map<string, string>, Map<string, string>]> {
  const network = createMemoryNetwork();
  count++;
  const names = [`at-rest-${count}-a`, `at-rest-${count}-b`] as const;
  const [a, b] = [
    await open({ transport: network.factory('a'), name: names[0], password: passwords[0] }),
    await open({ transport: network.factory('b'), name: names[1], password: passwords[1] }),
  ];
  await a.bulkInsert(['w', 'e', 'c', 'd'].map((id) => ({ id, title: 'title in plain', secret: 'written-by-a' })));
  await a.findOne('d').incrementalPatch({ secret: 'deleted-by-a' });
  const [poolA, poolB] = [await a.syncP2P('family'), await b.syncP2P('family')];
  await settled(poolA, poolB);
  await b.findOne('e').incrementalPatch({ secret: 'edited-by-b' });
  network.cut('a', 'b');
  await a.findOne('c').incrementalPatch({ secret: 'contested-by-a' });
  await b.findOne('c').incrementalPatch({ secret: 'contested-by-b' });
  network.heal();
  await settled(poolA, poolB);
  expect(await documents(a)).toEqual(await documents(b));
  expect(await documents(a)).toHaveLength(4);
  expect((await poolA.conflicts('c')).map(({ document }) => document?.secret).toSorted()).toEqual([
    'contested-by-a',
    'contested-by-b',
  ]);
  const keyStorages = await Promise.all(
    [poolA, poolB].map(async ({ status$ }) => (await firstValueFrom(status$)).keyStorage),
  );
  expect(keyStorages).toEqual(passwords.map((password) => (password === undefined ? 'plain' : 'encrypted')));
  for (const database of databases.splice(0)) await database.close();
  return [stored(names[0]), stored(names[1])];
}

describe('two peers with different passwords', () => {
  it('hold the same documents, and neither disk tells a field, a hash of it, or a key', async () => {
    const disks = await use([createRecoveryKey(), createRecoveryKey()]);
    for (const rows of disks) {
      const all = [...rows.values()].join('');
      for (const canary of CANARIES) expect(all).not.toContain(canary);
      expect(all).not.toContain('secretKey');
      // Journal, marker and identity are there, sealed with everything in them.
      for (const row of JSON.parse(rows.get('_p2p_journal_notes') ?? '[]'))
        expect(Object.keys(row)).not.toContain('text');
      for (const row of JSON.parse(rows.get('_p2p_identity') ?? '[]')) expect(Object.keys(row)).not.toContain('text');
      for (const row of JSON.parse(rows.get('notes') ?? '[]')) expect(Object.keys(row._meta)).toEqual(['lwt']);
      expect([...rows.keys()].toSorted()).toEqual(
        ['_encryption_keys', '_p2p_identity', '_p2p_journal_notes', '_rxdb_internal', 'notes'].toSorted(),
      );
      expect(all).toContain('title in plain');
    }
  });

  it('and without encryption the same search finds everything', async () => {
    for (const rows of await use([undefined, undefined])) {
      const all = [...rows.values()].join('');
      for (const canary of CANARIES.filter((one) => one !== 'deleted-by-a')) expect(all).toContain(canary);
      expect(all).toContain('secretKey');
    }
  });
});

it('an encrypted database that is removed leaves no key, journal or sealed row behind', async () => {
  const name = `at-rest-${++count}-removed`;
  const transport = createMemoryNetwork().factory('a');
  const notes = await open({ transport, name, password: createRecoveryKey() });
  await notes.insert({ id: 'n', title: 't', secret: 's' });
  const pool = await notes.syncP2P('family');
  await pool.block('x'.repeat(43));
  await expect.poll(async () => (await firstValueFrom(pool.status$)).phase, { timeout: 20_000 }).toBe('alone');
  expect([...stored(name).keys()]).toEqual(expect.arrayContaining(['_p2p_identity', '_p2p_journal_notes']));
  databases = databases.filter((database) => database !== notes.database);
  await notes.database.remove();
  expect([...stored(name).keys()]).toEqual([]);
});

it('a rotated key is no write: nothing is sent, and the journal is read again', async () => {
  const network = createMemoryNetwork();
  count++;
  const [password, other] = [createRecoveryKey(), createRecoveryKey()];
  const name = `at-rest-${count}-a`;
  const a = await open({ transport: network.factory('a'), name, password });
  const b = await open({ transport: network.factory('b'), name: `at-rest-${count}-b`, password: other });
  await a.bulkInsert(Array.from({ length: 50 }, (_, i) => ({ id: `n${i}`, title: 't', secret: `s${i}` })));
  const [poolA, poolB] = [await a.syncP2P('family'), await b.syncP2P('family')];
  await settled(poolA, poolB);
  const events: unknown[] = [];
  b.$.subscribe((event) => events.push(event));
  await (await encryptionOf(a.database)).rotateKey({ secrets: [password] });
  await settled(poolA, poolB);
  await databases.shift()?.close();
  const again = await open({ transport: network.factory('a'), name, password });
  const pool = await again.syncP2P('family');
  await settled(pool, poolB);
  expect(events).toEqual([]);
  await again.findOne('n1').incrementalPatch({ secret: 'after' });
  await settled(pool, poolB);
  expect((await b.findOne('n1').exec(true)).secret).toBe('after');
  expect(await documents(again)).toEqual(await documents(b));
});

it('a document that was damaged on one disk harms no other document and no other device', async () => {
  const network = createMemoryNetwork();
  count++;
  const password = createRecoveryKey();
  const name = `at-rest-${count}-a`;
  const a = await open({ transport: network.factory('a'), name, password });
  const b = await open({ transport: network.factory('b'), name: `at-rest-${count}-b`, password: createRecoveryKey() });
  await a.bulkInsert(['well', 'bad', 'other'].map((id) => ({ id, title: 't', secret: `secret of ${id}` })));
  const [poolA, poolB] = [await a.syncP2P('family'), await b.syncP2P('family')];
  await settled(poolA, poolB);
  const before = await documents(b);
  await databases.shift()?.close();
  damage(name, 'bad');

  const again = await open({ transport: network.factory('a'), name, password });
  const codes: string[] = [];
  (await encryptionOf(again.database)).error$.subscribe(({ code, document }) => codes.push(`${code} ${document}`));
  const pool = await again.syncP2P('family');
  const poolCodes: string[] = [];
  pool.error$.subscribe((error) => poolCodes.push(error.code));
  await again.findOne('well').incrementalPatch({ secret: 'written after' });
  await b.findOne('other').incrementalPatch({ secret: 'received after' });
  // Its own copy counts as lost, and the one that comes instead is kept aside: nobody writes over what cannot be read.
  await expect.poll(() => poolCodes, { timeout: 15_000 }).toEqual(['STORAGE_LOST', 'DOCUMENT_REFUSED']);
  await settled(pool, poolB);
  expect(codes).toEqual(['VALUE_UNREADABLE bad']);
  const expected = before.map((note) => ({ ...(note as Note) }));
  for (const note of expected) {
    if (note.id === 'well') note.secret = 'written after';
    if (note.id === 'other') note.secret = 'received after';
  }
  expect(await documents(b)).toEqual(expected);
  expect(await documents(again)).toEqual(expected.filter(({ id }) => id !== 'bad'));
});

it('a damaged document that alone is written elsewhere does not stop the others', async () => {
  const network = createMemoryNetwork();
  count++;
  const password = createRecoveryKey();
  const name = `at-rest-${count}-a`;
  const a = await open({ transport: network.factory('a'), name, password });
  const b = await open({ transport: network.factory('b'), name: `at-rest-${count}-b`, password: createRecoveryKey() });
  await a.bulkInsert(['bad', 'other'].map((id) => ({ id, title: 't', secret: `secret of ${id}` })));
  const [poolA, poolB] = [await a.syncP2P('family'), await b.syncP2P('family')];
  await settled(poolA, poolB);
  await databases.shift()?.close();
  damage(name, 'bad');

  const again = await open({ transport: network.factory('a'), name, password });
  const pool = await again.syncP2P('family');
  const codes: string[] = [];
  pool.error$.subscribe((error) => codes.push(error.code));
  await b.findOne('bad').incrementalPatch({ secret: 'written elsewhere' });
  await b.findOne('other').incrementalPatch({ secret: 'received after' });
  await expect
    .poll(async () => (await again.findOne('other').exec())?.secret, { timeout: 15_000 })
    .toBe('received after');
  await expect.poll(() => codes, { timeout: 15_000 }).toContain('DOCUMENT_REFUSED');
  expect(codes).not.toContain('STORAGE_FAILED');
});

/** Another nonce: one bit of it. */
function damage(name: string, id: string): void {
  const states = disk.collectionStates as unknown as Map<string, { documents: Map<string, { _sealed: string }> }>;
  const document = states.get([name, 'notes', 0].join('--memory--'))?.documents.get(id);
  if (document === undefined) throw new Error('not stored');
  document._sealed =
    document._sealed.slice(0, 30) + (document._sealed[30] === 'A' ? 'B' : 'A') + document._sealed.slice(31);
}
