import { addRxPlugin, createRxDatabase, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork, type P2PPool, RxDBP2PPlugin, type TransportFactory } from '../index.ts';

addRxPlugin(RxDBP2PPlugin);

interface Todo {
  id: string;
  text?: string;
  done?: boolean;
  note?: string;
}

const schema = {
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
} as const;

let databases: RxDatabase[] = [];
let count = 0;

async function open(transport: TransportFactory, name = `plugin-${process.pid}-${++count}`) {
  const database = await createRxDatabase({
    name,
    storage: getRxStorageMemory(),
    multiInstance: false,
    options: { p2p: { transport } },
  });
  databases.push(database);
  const { todos } = await database.addCollections({ todos: { schema } });
  return { database, todos };
}

async function documents(todos: { find(): { exec(): Promise<{ toJSON(): unknown }[]> } }): Promise<unknown[]> {
  return (await todos.find().exec()).map((document) => document.toJSON());
}

async function settled(...pools: readonly P2PPool[]): Promise<void> {
  for (let i = 0; i < 2; i++) for (const pool of pools) await pool.inSync();
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
    await a.todos.bulkInsert([
      { id: 'milk', text: 'Milk', done: false },
      { id: 'bread', text: 'Bread' },
    ]);
    await b.todos.insert({ id: 'eggs', text: 'Eggs' });
    const poolA = await a.todos.syncP2P('family');
    const poolB = await b.todos.syncP2P('family');
    await settled(poolA, poolB);
    expect(await documents(a.todos)).toEqual(await documents(b.todos));
    expect(await documents(a.todos)).toHaveLength(3);

    await (await b.todos.findOne('milk').exec())?.patch({ done: true });
    await (await a.todos.findOne('eggs').exec())?.remove();
    await settled(poolA, poolB);
    expect(await documents(a.todos)).toEqual(await documents(b.todos));
    expect(await documents(a.todos)).toEqual([
      { id: 'bread', text: 'Bread' },
      { id: 'milk', text: 'Milk', done: true },
    ]);
  });
});
