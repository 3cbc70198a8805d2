/** The page that every browser of the end-to-end tests opens: an application of the plugin, driven from outside. */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments';
import { RxDBMigrationSchemaPlugin } from 'rxdb/plugins/migration-schema';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { type ContestedDocument, type P2PPool, type PoolStatus, RxDBP2PPlugin } from 'rxdb-p2p';
import { encryptedStorage, encryptionOf } from 'rxdb-p2p-encryption';
import { ACKNOWLEDGED, type Arrival, type DatabaseSetup, type PeerApi, type PlainDocument } from './api.ts';
import { loadHandshake, shakeHands } from './handshake.ts';
import { holdsLock, readJournal, storageAnswers } from './inspect.ts';
import { noteDocuments } from './notes.ts';
import { startWriter, type Writer } from './writer.ts';

addRxPlugin(RxDBAttachmentsPlugin);
addRxPlugin(RxDBMigrationSchemaPlugin);
addRxPlugin(RxDBP2PPlugin);

interface Watched {
  readonly pool: P2PPool<PlainDocument>;
  status: PoolStatus | undefined;
  contested: readonly ContestedDocument[];
  readonly codes: string[];
}

function watch(pool: P2PPool<PlainDocument>): Watched {
  const watched: Watched = { pool, status: undefined, contested: [], codes: [] };
  pool.status$.subscribe((status) => {
    watched.status = status;
  });
  pool.conflicts$.subscribe((contested) => {
    watched.contested = contested;
  });
  pool.error$.subscribe((error) => watched.codes.push(error.code));
  return watched;
}

function openDatabase(setup: DatabaseSetup): Promise<RxDatabase> {
  return createRxDatabase({
    name: setup.database,
    ...(setup.password === undefined
      ? { storage: getRxStorageDexie() }
      : { storage: encryptedStorage({ storage: getRxStorageDexie() }), password: setup.password }),
    // An insecure origin has no crypto.subtle; applications that run there bring a hash of their own.
    ...(globalThis.isSecureContext ? {} : { hashFunction: weakHash }),
  });
}

/** RxDB compares schemas by it. */
async function weakHash(input: string | ArrayBuffer | Blob): Promise<string> {
  const text = String(input);
  const hash = Array.from(text).reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 2 ** 32, 7);
  return hash.toString(16);
}

/** Every version of the tests' schemas keeps the documents as they are. */
function migrations(version: number): Record<number, (document: PlainDocument) => PlainDocument> {
  return Object.fromEntries(
    Array.from({ length: version }, (_, index) => [index + 1, (document: PlainDocument) => document]),
  );
}

/** Documents of one `bulkInsert`, and of one page of a large read. */
const INSERT_BATCH = 10_000;
const READ_PAGE = 5_000;

function withSortedKeys(document: PlainDocument): PlainDocument {
  return Object.fromEntries(Object.entries(document).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function createPeer(): PeerApi {
  let database: RxDatabase | undefined;
  const pools = new Map<string, Watched>();
  const arrivals = new Map<string, Arrival[]>();
  let writer: Writer | undefined;

  const opened = (): RxDatabase => {
    if (database === undefined) throw new Error('no open database');
    return database;
  };
  const collectionOf = (name: string): RxCollection<PlainDocument> => {
    const collection = database?.collections[name];
    if (collection === undefined) throw new Error(`no open collection ${name}`);
    return collection as RxCollection<PlainDocument>;
  };
  const encryption = () => {
    if (database === undefined) throw new Error('no open database');
    return encryptionOf(database);
  };
  const poolOf = (name: string): Watched => {
    const watched = pools.get(name);
    if (watched === undefined) throw new Error(`no pool of ${name}`);
    return watched;
  };
  const documentOf = async (name: string, id: string) => {
    const document = await collectionOf(name).findOne(id).exec();
    if (document === null) throw new Error(`no document ${id} in ${name}`);
    return document;
  };

  return {
    async open(setup) {
      database = await openDatabase(setup);
      const collections = setup.collections.map(({ name, schema }) => [
        name,
        { schema, migrationStrategies: migrations(schema.version) },
      ]);
      await database.addCollections(Object.fromEntries(collections));
      for (const { name } of setup.collections) {
        const seen: Arrival[] = [];
        arrivals.set(name, seen);
        collectionOf(name).$.subscribe(({ documentId: id, operation, documentData }) =>
          seen.push({ id, operation, text: documentData['text'], at: Date.now() }),
        );
      }
    },
    async close() {
      pools.clear();
      await database?.close();
      database = undefined;
    },
    async sync(name, topic, { token, ...options } = {}) {
      const all = token === undefined ? options : { ...options, getToken: () => token };
      pools.set(name, watch(await collectionOf(name).syncP2P(topic as string, all)));
    },
    async cancel(name) {
      await poolOf(name).pool.cancel();
    },
    async inSync(name) {
      await poolOf(name).pool.inSync();
    },
    async handshakes(count) {
      const secrecy = await loadHandshake();
      return Array.from({ length: count }, () => shakeHands(secrecy)).filter(Boolean).length;
    },
    status: (name) => poolOf(name).status,
    errorCodes: (name) => poolOf(name).codes,
    contested: (name) => poolOf(name).contested,
    conflictVersions: (name, id) => poolOf(name).pool.conflicts(id),
    async insert(name, documents) {
      const startedAt = performance.now();
      const { error } = await collectionOf(name).bulkInsert([...documents]);
      if (error.length > 0) throw new Error(`${error.length} of ${documents.length} documents not inserted`);
      return performance.now() - startedAt;
    },
    async insertNotes(name, prefix, count) {
      let took = 0;
      for (let first = 0; first < count; first += INSERT_BATCH) {
        const documents = noteDocuments(prefix, Math.min(INSERT_BATCH, count - first), first);
        const startedAt = performance.now();
        const { error } = await collectionOf(name).bulkInsert([...documents]);
        took += performance.now() - startedAt;
        if (error.length > 0) throw new Error(`${error.length} of ${documents.length} documents not inserted`);
      }
      return took;
    },
    async patch(name, id, changes) {
      await (await documentOf(name, id)).patch(changes);
    },
    async remove(name, id) {
      await (await documentOf(name, id)).remove();
    },
    async attach(name, id, attachment, text) {
      const data = new Blob([text], { type: 'text/plain' });
      await (await documentOf(name, id)).putAttachment({ id: attachment, type: 'text/plain', data });
    },
    async changePassword(current, next) {
      await (await encryption()).changePassword(current, next);
    },
    async rotateKey(password) {
      await (await encryption()).rotateKey({ secrets: [password] });
    },
    async read(name) {
      const collection = collectionOf(name);
      const documents = await collection.find({ sort: [{ [collection.schema.primaryPath]: 'asc' }] }).exec();
      return documents.map((document) => document.toJSON());
    },
    count: (name) => collectionOf(name).count().exec(),
    async digest(name) {
      const collection = collectionOf(name);
      const key = collection.schema.primaryPath as string;
      let digest = '';
      let last = '';
      for (let more = true; more; ) {
        const page = await collection
          .find({ selector: { [key]: { $gt: last } }, sort: [{ [key]: 'asc' }], limit: READ_PAGE })
          .exec();
        const plain = page.map((document) => document.toJSON());
        const text = new TextEncoder().encode(digest + JSON.stringify(plain.map(withSortedKeys)));
        digest = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', text)));
        last = String(plain.at(-1)?.[key] ?? last);
        more = page.length === READ_PAGE;
      }
      return digest;
    },
    writeForEver(name, prefix) {
      const collection = collectionOf(name);
      const write = async (): Promise<never> => {
        for (let number = 0; ; number++) {
          const id = `${prefix}${String(number).padStart(6, '0')}`;
          await collection.insert({ id, text: `text of ${id}` });
          console.log(ACKNOWLEDGED + id);
        }
      };
      write().catch((error: unknown) => console.error(error));
    },
    writeEvery(name, prefix, ms) {
      writer = startWriter(collectionOf(name), prefix, ms);
    },
    stopWriting: async () => (await writer?.stop()) ?? [],
    arrivals: (name, from) => arrivals.get(name)?.slice(from) ?? [],
    leads: (name) => holdsLock(`rxdb-p2p/${opened().name}/${name}`),
    storageAnswers,
    journal: (name) => readJournal(opened(), name),
  };
}

window.peer = createPeer();
