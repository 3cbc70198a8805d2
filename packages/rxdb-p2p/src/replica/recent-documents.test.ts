import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMemoryNetwork, RxDBP2PPlugin } from '../index.ts';
import type { DocRecord } from '../journal/record.ts';
import type { StoredDocument } from './document.ts';
import { createRecentDocuments } from './recent-documents.ts';

addRxPlugin(RxDBP2PPlugin);

interface Item {
  id: string;
  text: string;
  note?: string;
}

const schema: RxJsonSchema<Item> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' }, note: { type: 'string' } },
  required: ['id', 'text'],
};

const databases: RxDatabase[] = [];
afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.remove()));
});

async function createPair(): Promise<readonly [RxCollection<Item>, RxCollection<Item>]> {
  const network = createMemoryNetwork();
  const open = async (name: string): Promise<RxCollection<Item>> => {
    const database = await createRxDatabase({ name: `${name}-${crypto.randomUUID()}`, storage: getRxStorageMemory() });
    databases.push(database);
    const { items } = await database.addCollections({ items: { schema } });
    await (items as RxCollection<Item>).syncP2P('topic', { transport: network.factory(name) });
    return items as RxCollection<Item>;
  };
  return [await open('a'), await open('b')];
}

const shows = (collection: RxCollection<Item>, text: string): Promise<void> =>
  vi.waitFor(async () => expect((await collection.findOne('d').exec())?.text).toBe(text), { timeout: 20_000 });

describe('edits of a document that was edited before', () => {
  it('are written without reading it again', async () => {
    const [a, b] = await createPair();
    await a.insert({ id: 'd', text: 'first' });
    await shows(b, 'first');
    const document = await a.findOne('d').exec(true);
    await document.incrementalPatch({ text: 'second' });
    await shows(b, 'second');
    const arrived = new Promise<void>((resolve) => {
      b.$.subscribe(({ documentData }) => documentData.text === 'third' && resolve());
    });
    const find = vi.spyOn(b.internalStorageInstance, 'findDocumentsById');
    await document.incrementalPatch({ text: 'third' });
    await arrived;
    expect(find).not.toHaveBeenCalled();
  });

  it('meet a local write that came between: both survive', async () => {
    const [a, b] = await createPair();
    await a.insert({ id: 'd', text: 'first' });
    await shows(b, 'first');
    for (let round = 0; round < 10; round++) {
      const [onA, onB] = await Promise.all([a, b].map((collection) => collection.findOne('d').exec(true)));
      await Promise.all([
        onA?.incrementalPatch({ text: `text ${round}` }),
        onB?.incrementalPatch({ note: `note ${round}` }),
      ]);
      for (const collection of [a, b]) {
        await vi.waitFor(
          async () =>
            expect((await collection.findOne('d').exec())?.toJSON()).toEqual({
              id: 'd',
              text: `text ${round}`,
              note: `note ${round}`,
            }),
          { timeout: 20_000 },
        );
      }
    }
  });
});

describe('documents that are kept', () => {
  const document = (id: string, rev: string): StoredDocument => ({ id, _rev: rev }) as unknown as StoredDocument;

  it('are the revisions that their records describe, and a bounded number', () => {
    const records = new Map<string, DocRecord>();
    const recent = createRecentDocuments('id', records);
    const record = (id: string, rev: string, pending?: object): void => {
      records.set(id, { id, rev, ...(pending === undefined ? {} : { pending }) } as unknown as DocRecord);
    };
    recent.note(document('d', '1-x'));
    expect(recent.get('d')).toBeUndefined();
    record('d', '1-x');
    expect(recent.get('d')?._rev).toBe('1-x');
    record('d', '2-local');
    expect(recent.get('d')).toBeUndefined();
    record('d', '1-x', {});
    expect(recent.get('d')).toBeUndefined();
    record('d', '1-x');
    for (let i = 0; i < 256; i++) recent.note(document(`other ${i}`, '1-x'));
    expect(recent.get('d')).toBeUndefined();
  });
});
