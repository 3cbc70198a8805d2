/** 10,000 documents into Dexie, not encrypted, with this repository's encryption and with RxDB's crypto-js plugin. */
import { createRxDatabase, type RxStorage } from 'rxdb';
import { wrappedKeyEncryptionCryptoJsStorage } from 'rxdb/plugins/encryption-crypto-js';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { encryptedStorage } from 'rxdb-p2p-encryption';
import { createDocument, schema } from '../../documents.ts';
import type { BulkInsertTime } from './results.ts';

interface Candidate {
  readonly name: string;
  readonly storage: () => RxStorage<unknown, unknown>;
  readonly password?: string | Uint8Array;
}

type AnyStorage = RxStorage<unknown, unknown>;

const CANDIDATES: readonly Candidate[] = [
  { name: 'not encrypted', storage: () => getRxStorageDexie() as AnyStorage },
  {
    name: 'rxdb-p2p-encryption',
    storage: () => encryptedStorage({ storage: getRxStorageDexie() }) as AnyStorage,
    password: crypto.getRandomValues(new Uint8Array(32)),
  },
  {
    name: 'crypto-js (RxDB)',
    storage: () => wrappedKeyEncryptionCryptoJsStorage({ storage: getRxStorageDexie() }) as AnyStorage,
    password: 'a password of RxDB',
  },
];

/** Nearly all of a document: three fields of about 900 of its 1,024 bytes. */
const ENCRYPTED = ['body', 'author', 'tags'] as const;

export async function measureBulkInserts(documents: number, rounds: number): Promise<BulkInsertTime[]> {
  const times: BulkInsertTime[] = [];
  const warmUp = 1;
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < CANDIDATES.length; turn++) {
      const candidate = CANDIDATES[(round + warmUp + turn) % CANDIDATES.length];
      if (candidate === undefined) continue;
      const ms = await measureOnce(
        candidate,
        round < 0 ? Math.min(1_000, documents) : documents,
        `bench${round + warmUp}${turn}`,
      );
      if (round >= 0) times.push({ name: candidate.name, round, ms });
    }
  }
  return times;
}

async function measureOnce({ storage, password }: Candidate, count: number, name: string): Promise<number> {
  const database = await createRxDatabase({ name, storage: storage(), password, multiInstance: true });
  const used = password === undefined ? schema : { ...schema, encrypted: [...ENCRYPTED] };
  const { documents } = await database.addCollections({ documents: { schema: used } });
  if (documents === undefined) throw new Error('no collection');
  const all = Array.from({ length: count }, (_, i) => createDocument(i));
  // One write before: tables are there, code has been compiled.
  await documents.insert({ ...createDocument(0), id: 'before' });
  const startedAt = performance.now();
  const { error } = await documents.bulkInsert(all);
  const ms = performance.now() - startedAt;
  if (error.length > 0) throw new Error(`${error.length} documents not inserted`);
  const last = await documents.findOne(all.at(-1)?.id ?? '').exec(true);
  if (last.get('body') !== all.at(-1)?.body) throw new Error('stored something else');
  await database.remove();
  return ms;
}
