/** `syncP2P` as applications call it; long because every option and refusal has a test. */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createMemoryNetwork,
  getConnectionHandlerSimplePeer,
  type P2PError,
  type P2PPool,
  RxDBP2PPlugin,
  replicateP2P,
  type TransportFactory,
} from '../index.ts';

addRxPlugin(RxDBP2PPlugin);

interface Todo {
  id: string;
  text?: string;
  done?: boolean;
  note?: string;
}

const schema: RxJsonSchema<Todo> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: {
    id: { type: 'string', maxLength: 40 },
    text: { type: 'string' },
    done: { type: 'boolean' },
    note: { type: 'string' },
  },
  required: ['id'],
};

let databases: RxDatabase[] = [];
let count = 0;

async function openDatabase(
  transport?: TransportFactory,
  name = `plugin-${process.pid}-${++count}`,
): Promise<RxDatabase> {
  const options = transport === undefined ? {} : { p2p: { transport } };
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false, options });
  databases.push(database);
  return database;
}

async function open(transport?: TransportFactory, name?: string): Promise<RxCollection<Todo>> {
  const { todos } = await (await openDatabase(transport, name)).addCollections({ todos: { schema } });
  return todos as RxCollection<Todo>;
}

async function documents(collection: RxCollection<Todo>): Promise<unknown[]> {
  return (await collection.find().exec()).map((document) => document.toJSON());
}

async function settled(...pools: readonly P2PPool<Todo>[]): Promise<void> {
  for (let i = 0; i < 2; i++) for (const pool of pools) await pool.inSync();
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'resolved',
    (error: P2PError) => error.code,
  );
}

afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});

describe('syncP2P', () => {
  it('holds the same documents in two databases, in both directions, live', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const b = await open(network.factory());
    await a.bulkInsert([
      { id: 'milk', text: 'Milk', done: false },
      { id: 'bread', text: 'Bread' },
    ]);
    await b.insert({ id: 'eggs', text: 'Eggs' });
    const poolA = await a.syncP2P('family');
    const poolB = await b.syncP2P('family');
    await settled(poolA, poolB);
    expect(await documents(a)).toEqual(await documents(b));
    expect(await documents(a)).toHaveLength(3);

    await (await b.findOne('milk').exec())?.patch({ done: true });
    await (await a.findOne('eggs').exec())?.remove();
    await settled(poolA, poolB);
    expect(await documents(a)).toEqual(await documents(b));
    expect(await documents(a)).toEqual([
      { id: 'bread', text: 'Bread' },
      { id: 'milk', text: 'Milk', done: true },
    ]);
  });

  it('keeps concurrent edits of different fields, and names a contested one until someone writes it', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory('a'));
    const b = await open(network.factory('b'));
    await a.insert({ id: 'milk', text: 'Milk' });
    const poolA = await a.syncP2P('family');
    const poolB = await b.syncP2P('family');
    await settled(poolA, poolB);

    network.cut('a', 'b');
    await (await a.findOne('milk').exec())?.patch({ text: 'Oat milk', done: true });
    await (await b.findOne('milk').exec())?.patch({ text: 'Soy milk', note: 'two' });
    network.heal();
    await firstValueFrom(poolA.conflicts$.pipe(filter((list) => list.length === 1)));
    await settled(poolA, poolB);
    expect(await documents(a)).toEqual(await documents(b));
    expect(await documents(a)).toMatchObject([{ done: true, note: 'two' }]);
    expect(await firstValueFrom(poolB.conflicts$)).toEqual([
      { id: 'milk', fields: ['text'], editAgainstDelete: false },
    ]);
    const versions = await poolB.conflicts('milk');
    expect(versions.map(({ document }) => document.text).sort()).toEqual(['Oat milk', 'Soy milk']);
    expect(versions.filter(({ own }) => own).map(({ document }) => document.text)).toEqual(['Soy milk']);

    await (await a.findOne('milk').exec())?.patch({ text: 'Oat milk' });
    await (await a.findOne('milk').exec())?.patch({ text: 'Oat milk, one litre' });
    await firstValueFrom(poolB.conflicts$.pipe(filter((list) => list.length === 0)));
    await settled(poolA, poolB);
    expect(await documents(b)).toEqual([{ id: 'milk', text: 'Oat milk, one litre', done: true, note: 'two' }]);
  });

  it('keeps two collections on one topic apart', async () => {
    const network = createMemoryNetwork();
    const [a, b] = [await openDatabase(network.factory()), await openDatabase(network.factory())];
    const inA = await a.addCollections({ todos: { schema }, notes: { schema } });
    const inB = await b.addCollections({ todos: { schema }, notes: { schema } });
    const pools = await Promise.all(
      [inA, inB].flatMap(({ todos, notes }) => [todos.syncP2P('family'), notes.syncP2P('family')]),
    );
    await inA.todos.insert({ id: 'todo' });
    await inB.notes.insert({ id: 'note' });
    await settled(...(pools as P2PPool<Todo>[]));
    expect(await documents(inB.todos)).toEqual([{ id: 'todo' }]);
    expect(await documents(inA.notes)).toEqual([{ id: 'note' }]);
    expect(network.links).toBe(1);
  });

  it('refuses another version of the schema with a clear status, and writes nothing', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const b = await openDatabase(network.factory());
    const changed = {
      ...schema,
      properties: { ...schema.properties, extra: { type: 'string' } },
    } as RxJsonSchema<Todo>;
    const { todos } = await b.addCollections({ todos: { schema: changed } });
    await a.insert({ id: 'milk' });
    const poolA = await a.syncP2P('family');
    const poolB = await todos.syncP2P('family');
    const error = firstValueFrom(poolB.error$);
    const refused = await firstValueFrom(
      poolA.peers$.pipe(filter((peers) => peers.some(({ phase }) => phase === 'refused'))),
    );
    expect(refused[0]).toMatchObject({ phase: 'refused', code: 'SCHEMA_DIFFERS' });
    expect((await error).code).toBe('SCHEMA_DIFFERS');
    expect((await firstValueFrom(poolB.status$)).phase).toBe('alone');
    expect(await documents(todos as RxCollection<Todo>)).toEqual([]);
  });

  it('lets no peer in that isPeerValid refuses', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const b = await open(network.factory());
    await a.insert({ id: 'secret' });
    await a.syncP2P('family', { isPeerValid: async () => false });
    const poolB = await b.syncP2P('family');
    const refused = await firstValueFrom(
      poolB.peers$.pipe(filter((peers) => peers.some(({ phase }) => phase === 'refused'))),
    );
    expect(refused[0]?.code).toBe('NOT_ALLOWED');
    expect(await documents(b)).toEqual([]);
  });

  it('is one pool for equal calls, which ends with the last handle, and refuses other options', async () => {
    const network = createMemoryNetwork();
    const transport = network.factory();
    const a = await open(transport);
    const first = await a.syncP2P('family');
    const second = await a.syncP2P('family');
    expect(await codeOf(a.syncP2P('family', { push: false }))).toBe('OPTIONS_DIFFER');
    await first.cancel();
    await first.cancel();
    expect((await firstValueFrom(second.status$)).phase).not.toBe('cancelled');
    await second.cancel();
    const third = await a.syncP2P('family');
    await firstValueFrom(third.status$.pipe(filter(({ phase }) => phase === 'alone')));
  });

  it('survives mounting twice, as React does, and goes on after the second mount', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const b = await open(network.factory());
    const first = await a.syncP2P('family');
    void first.cancel();
    const pool = await a.syncP2P('family');
    const other = await b.syncP2P('family');
    await a.insert({ id: 'milk' });
    await settled(pool, other);
    expect(await documents(b)).toEqual([{ id: 'milk' }]);
  });

  it('goes on where it was after the database is opened again', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const name = `reopened-${process.pid}`;
    const b = await open(network.factory(), name);
    await a.insert({ id: 'milk' });
    const poolA = await a.syncP2P('family');
    await settled(poolA, await b.syncP2P('family'));
    await b.database.close();
    await a.insert({ id: 'bread' });
    const again = await open(network.factory(), name);
    await again.insert({ id: 'eggs' });
    await settled(await again.syncP2P('family'), poolA);
    expect(await documents(again)).toEqual(await documents(a));
    expect(await documents(a)).toHaveLength(3);
  });

  it('acknowledges on a channel that goes one way, and is never in sync there', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const b = await open(network.factory());
    await a.insert({ id: 'from-a' });
    await b.insert({ id: 'from-b' });
    const poolA = await a.syncP2P('family', { pull: false });
    const poolB = await b.syncP2P('family');
    await settled(poolA, poolB);
    expect((await firstValueFrom(poolA.peers$))[0]?.phase).toBe('acknowledged');
    expect(await documents(b)).toHaveLength(2);
    expect(await documents(a)).toEqual([{ id: 'from-a' }]);
  });

  it('rejects what cannot work, each with a code', async () => {
    const a = await open(createMemoryNetwork().factory());
    for (const topic of [undefined, null, 7, {}, '', 'x'.repeat(600)]) {
      expect(await codeOf(a.syncP2P(topic as string))).toBe('TOPIC_INVALID');
    }
    expect(await codeOf(a.syncP2P('family', { namespace: 'no spaces' }))).toBe('OPTIONS_INVALID');
    expect(await codeOf(a.syncP2P('family', { push: false, pull: false }))).toBe('OPTIONS_INVALID');
    const bare = await open();
    expect(await codeOf(bare.syncP2P('family'))).toBe('SIGNALING_REQUIRED');
    expect(await codeOf(bare.syncP2P('family', { signaling: 'not a url' }))).toBe('SIGNALING_URL_INVALID');
    const database = await openDatabase(createMemoryNetwork().factory());
    const { files } = await database.addCollections({ files: { schema: { ...schema, attachments: {} } } });
    expect(await codeOf(files.syncP2P('family'))).toBe('ATTACHMENTS_UNSUPPORTED');
  });

  it('is gone within 2 s when the database is closed, whatever the network does', async () => {
    const a = await open();
    const pool = await a.syncP2P('family', { signaling: 'http://127.0.0.1:9' });
    const started = performance.now();
    await a.database.close();
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await codeOf(pool.inSync())).toBe('COLLECTION_CLOSED');
  });

  it('leaves no storage behind when the collection is removed', async () => {
    const network = createMemoryNetwork();
    const a = await open(network.factory());
    const pool = await a.syncP2P('family');
    await firstValueFrom(pool.status$.pipe(filter(({ phase }) => phase === 'alone')));
    await pool.cancel();
    const { database } = a;
    const states = (database.storage as unknown as { collectionStates: Map<string, unknown> }).collectionStates;
    const ours = (): string[] =>
      [...states.keys()].filter((key) => key.includes(database.name) && key.includes('_p2p_journal'));
    expect(ours()).toHaveLength(1);
    await a.remove();
    expect(ours()).toEqual([]);
  });
});

describe('replicateP2P', () => {
  it('takes the options that users of RxDB’s WebRTC replication know', async () => {
    const network = createMemoryNetwork();
    const a = await open();
    const b = await open();
    await a.insert({ id: 'milk' });
    const options = { topic: 'family', pull: {}, push: {} };
    const poolA = await replicateP2P({ ...options, collection: a, connectionHandlerCreator: network.factory() });
    const poolB = await replicateP2P({ ...options, collection: b, connectionHandlerCreator: network.factory() });
    await poolA.awaitFirstPeer();
    await settled(poolA, poolB);
    expect(await documents(b)).toEqual([{ id: 'milk' }]);
    expect((await firstValueFrom(poolA.peerStates$)).size).toBe(1);
  });

  it('refuses modifiers, and a collection without the plugin', async () => {
    const collection = await open();
    const connectionHandlerCreator = getConnectionHandlerSimplePeer({ signalingServerUrl: 'http://127.0.0.1:9' });
    const pull = { modifier: (document: unknown) => document } as object;
    expect(await codeOf(replicateP2P({ collection, topic: 'x', connectionHandlerCreator, pull }))).toBe(
      'MODIFIER_UNSUPPORTED',
    );
    const bare = { name: 'bare' } as unknown as RxCollection<Todo>;
    expect(await codeOf(replicateP2P({ collection: bare, topic: 'x', connectionHandlerCreator }))).toBe(
      'PLUGIN_MISSING',
    );
  });
});
