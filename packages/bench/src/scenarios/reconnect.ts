/** Two replicas hold the same documents, written by several; they lose their connection and meet again. */
import { createDocuments } from '../documents.ts';
import { changes, expectContents } from '../replicas.ts';
import type { System } from '../systems/system.ts';
import { until } from '../waiting.ts';
import { meshed, openPool, type Pool, type PoolMember } from './pool.ts';

export interface Reconnect {
  /** both directions */
  readonly bytes: number;
  readonly messages: number;
  /** the same when one of the two begins anew with what it has stored, as after a reload */
  readonly restartBytes: number;
  /** documents that the storage was asked for before both took part again */
  readonly restartReads: number;
}

const QUIET_MS = 1_000;
const TIMEOUT_MS = 120_000;
/** Documents that all actors write a share of while all are there; the rest is the first one's. */
const SHARED_DOCUMENTS = 10_000;

export async function measureReconnect(system: System, count: number, actors: number): Promise<Reconnect> {
  const pool = await openPool(system, actors, 0);
  const documents = createDocuments(count);
  const shared = Math.min(count, SHARED_DOCUMENTS);
  const share = Math.ceil(shared / actors);
  const rest = pool.members.map((_, index) => (index === 0 ? documents.slice(shared) : []));
  await write(
    pool,
    pool.members.map((_, index) => documents.slice(index * share, Math.min(shared, (index + 1) * share))),
  );
  const staying = pool.members.slice(0, 2);
  for (const member of pool.members.slice(2)) await member.leave();
  await meshed(pool, staying);
  await write({ ...pool, members: staying }, rest);
  await expectContents(
    staying.map((member) => member.collection),
    documents,
  );

  pool.network.cut();
  await apart(staying);
  const before = pool.network.traffic();
  pool.network.heal();
  await meshed(pool, staying);
  const after = pool.network.traffic();

  const [, second] = staying;
  if (second === undefined) throw new Error('no pair');
  const reads = countReads(second);
  await second.restart(async () => {
    await apart(staying.slice(0, 1));
    reads.reset();
  });
  const beforeRestart = pool.network.traffic().bytes;
  await until(() => staying.every((member) => member.peers() === 1), TIMEOUT_MS);
  const restartReads = reads.documents();
  await meshed(pool, staying);
  const restartBytes = pool.network.traffic().bytes - beforeRestart;
  await expectContents(
    staying.map((member) => member.collection),
    documents,
  );
  pool.check();
  await pool.close();
  return { bytes: after.bytes - before.bytes, messages: after.messages - before.messages, restartBytes, restartReads };
}

/** Each member its own documents; resolves when all have all. */
async function write(pool: Pool, shares: readonly ReturnType<typeof createDocuments>[]): Promise<void> {
  const total = shares.reduce((sum, share) => sum + share.length, 0);
  if (total === 0) return;
  const complete = pool.members.map(({ collection }) => changes(collection, total, TIMEOUT_MS));
  await Promise.all(
    pool.members.map(({ collection }, index) => {
      const share = shares[index] ?? [];
      return share.length === 0 ? undefined : collection.bulkInsert(share);
    }),
  );
  await Promise.all(complete);
  if (!(await pool.quiet(QUIET_MS, TIMEOUT_MS))) throw new Error(`${pool.members.length} replicas did not settle`);
}

async function apart(members: readonly PoolMember[]): Promise<void> {
  const noticed = await until(() => members.every((member) => member.peers() === 0), TIMEOUT_MS);
  if (!noticed) throw new Error('a cut connection was not noticed');
}

/** Counts the documents that the storage below the collection hands out. */
function countReads({ collection }: PoolMember): { reset(): void; documents(): number } {
  const storage = collection.internalStorageInstance;
  let documents = 0;
  const { query, findDocumentsById, getChangedDocumentsSince } = storage;
  storage.query = async (...given) => {
    const result = await query.apply(storage, given);
    documents += result.documents.length;
    return result;
  };
  storage.findDocumentsById = async (...given) => {
    const result = await findDocumentsById.apply(storage, given);
    documents += result.length;
    return result;
  };
  if (getChangedDocumentsSince !== undefined) {
    storage.getChangedDocumentsSince = async (...given) => {
      const result = await getChangedDocumentsSince.apply(storage, given);
      documents += result.documents.length;
      return result;
    };
  }
  return {
    reset(): void {
      documents = 0;
    },
    documents: () => documents,
  };
}
