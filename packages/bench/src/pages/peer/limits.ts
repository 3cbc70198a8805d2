/** The limits of the machine in the receiving page: what storing the documents takes without any replication. */
import { createRxDatabase } from 'rxdb';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { createDocuments, schema } from '../../documents.ts';

export interface LimitsApi {
  /** Milliseconds of one `bulkInsert` of as many documents. */
  bulkInsert(database: string, count: number): Promise<number>;
  /**
   * Milliseconds of the same documents as a storage stores them, and beside each batch of so many one row of as many bytes
   * as a journal segment of theirs has, and nothing else.
   */
  bareWrites(database: string, count: number, batch: number): Promise<number>;
  /** Milliseconds of each of as many `patch` of one document. */
  patches(database: string, count: number): Promise<number[]>;
}

/** JSON bytes of a document's marker and of its record in a segment, about; the case `storage` has the real ones. */
const MARKER_BYTES = 260;
const RECORD_BYTES = 200;

export function createLimits(): LimitsApi {
  const open = async (name: string) => {
    const database = await createRxDatabase({ name, storage: getRxStorageDexie() });
    const { items } = await database.addCollections({ items: { schema } });
    if (items === undefined) throw new Error('no collection');
    return { database, items };
  };
  return {
    async bulkInsert(name: string, count: number): Promise<number> {
      const { database, items } = await open(name);
      const documents = createDocuments(count);
      const startedAt = performance.now();
      await items.bulkInsert(documents);
      const ms = performance.now() - startedAt;
      const stored = await items.count().exec();
      if (stored !== count) throw new Error(`${stored} documents instead of ${count}`);
      await database.remove();
      return ms;
    },
    async bareWrites(name: string, count: number, batch: number): Promise<number> {
      const { database, items } = await open(name);
      const segments = await database.storage.createStorageInstance<{ key: string; text: string }>({
        databaseName: name,
        collectionName: '_segments',
        databaseInstanceToken: database.token,
        multiInstance: true,
        devMode: false,
        options: {},
        schema: {
          version: 0,
          primaryKey: 'key',
          type: 'object',
          properties: {
            key: { type: 'string', maxLength: 20 },
            text: { type: 'string' },
            _deleted: { type: 'boolean' },
            _rev: { type: 'string' },
            _meta: { type: 'object', properties: { lwt: { type: 'number' } }, additionalProperties: true },
            _attachments: { type: 'object' },
          },
          required: ['key', '_deleted', '_rev', '_meta', '_attachments'],
        } as never,
      });
      const fields = (lwt: number, marker?: string) => ({
        _deleted: false,
        _attachments: {},
        _rev: '1-bare',
        _meta: marker === undefined ? { lwt } : { lwt, p2p: marker },
      });
      const documents = createDocuments(count);
      const marker = 'm'.repeat(MARKER_BYTES);
      const startedAt = performance.now();
      for (let from = 0; from < count; from += batch) {
        const rows = documents
          .slice(from, from + batch)
          .map((document, index) => ({ document: { ...document, ...fields(from + index + 1, marker) } }));
        await items.internalStorageInstance.bulkWrite(rows as never, 'bare');
        const segment = { key: String(from).padStart(12, '0'), text: 'r'.repeat(RECORD_BYTES * rows.length) };
        await segments.bulkWrite([{ document: { ...segment, ...fields(from + 1) } }], 'bare');
      }
      const ms = performance.now() - startedAt;
      await segments.remove();
      await database.remove();
      return ms;
    },
    async patches(name: string, count: number): Promise<number[]> {
      const { database, items } = await open(name);
      const [document] = createDocuments(1);
      const inserted = await items.insert(document);
      const times: number[] = [];
      for (let index = 0; index < count; index += 1) {
        const startedAt = performance.now();
        await inserted.incrementalPatch({ title: `title ${index}` });
        times.push(performance.now() - startedAt);
      }
      await database.remove();
      return times;
    },
  };
}
