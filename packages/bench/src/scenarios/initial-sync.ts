/** One replica has documents, another has none; they meet. How long until the other has them all? */
import { createDocuments } from '../documents.ts';
import { createNetwork } from '../network.ts';
import { changes, createReplica, expectContents, type Replica } from '../replicas.ts';
import type { Replication, System } from '../systems/system.ts';

export interface InitialSync {
  /** To the receiver's event for the last document. */
  readonly ms: number;
  /** processor time of all threads in that time: what other processes do to `ms` they do not do to this */
  readonly cpuMs: number;
  readonly bytes: number;
  readonly messages: number;
}

/** Well above the slowest system on a slow machine. */
const TIMEOUT_MS = 120_000;

/**
 * `both start`: from the first call on, both sides start to replicate. `newcomer`: the sender's replication runs already,
 * and has nobody to replicate with, when the receiver's starts.
 */
export type Meeting = 'both start' | 'newcomer';

export async function measureInitialSync(
  system: System,
  meeting: Meeting,
  count: number,
  latencyMs: number,
): Promise<InitialSync> {
  const documents = createDocuments(count);
  const network = createNetwork(latencyMs);
  const pair = [await createReplica(), await createReplica()] as const;
  const [sender, receiver] = (await system.order?.(pair)) ?? pair;
  await sender.collection.bulkInsert(documents);
  const replications: Replication[] = [];
  const start = async ({ collection }: Replica): Promise<void> => {
    replications.push(await system.start(collection, network.factory()));
  };
  if (meeting === 'newcomer') {
    await start(sender);
    await replications[0]?.ready();
  }
  globalThis.gc?.();

  const complete = changes(receiver.collection, count, TIMEOUT_MS);
  const stop = startTimer();
  if (meeting === 'both start') await Promise.all(pair.map(start));
  else await start(receiver);
  await complete;
  const times = stop();
  const { bytes, messages } = network.traffic();

  await expectContents([sender.collection, receiver.collection], documents);
  const errors = replications.flatMap((replication) => replication.errors());
  if (errors.length > 0) throw new AggregateError(errors, `${system.name} reported errors`);
  for (const replication of replications) await replication.stop();
  for (const replica of pair) await replica.remove();
  return { ...times, bytes, messages };
}

function startTimer(): () => { readonly ms: number; readonly cpuMs: number } {
  const from = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const ms = performance.now() - from;
    const { user, system } = process.cpuUsage(cpu);
    return { ms, cpuMs: (user + system) / 1_000 };
  };
}

/** The floor: the same documents into one collection, with nobody to send them to. */
export async function measureBulkInsert(count: number): Promise<InitialSync> {
  const documents = createDocuments(count);
  const replica = await createReplica();
  globalThis.gc?.();
  const stop = startTimer();
  await replica.collection.bulkInsert(documents);
  const times = stop();
  await expectContents([replica.collection], documents);
  await replica.remove();
  return { ...times, bytes: 0, messages: 0 };
}

/** What one storage call takes, as in our own batches. */
const LIMIT_BATCH = 1_000;

/**
 * The limit: the same documents to JSON, to bytes, back, and into the other collection's storage, with no protocol, no
 * checks and no metadata between. Nothing that sends documents as JSON and stores them there can be faster.
 */
export async function measureLimit(count: number): Promise<InitialSync> {
  const documents = createDocuments(count);
  const [sender, receiver] = [await createReplica(), await createReplica()];
  await sender.collection.bulkInsert(documents);
  globalThis.gc?.();
  const complete = changes(receiver.collection, count, TIMEOUT_MS);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let bytes = 0;
  const stop = startTimer();
  for (let from = 0; from < count; from += LIMIT_BATCH) {
    const ids = documents.slice(from, from + LIMIT_BATCH).map(({ id }) => id);
    const found = await sender.collection.internalStorageInstance.findDocumentsById(ids, true);
    const message = encoder.encode(JSON.stringify(found));
    bytes += message.length;
    const received = JSON.parse(decoder.decode(message)) as typeof found;
    const { error } = await receiver.collection.internalStorageInstance.bulkWrite(
      received.map((document) => ({ document })),
      'limit',
    );
    if (error.length > 0) throw new AggregateError(error, 'the storage refused documents');
  }
  await complete;
  const times = stop();
  await expectContents([sender.collection, receiver.collection], documents);
  for (const replica of [sender, receiver]) await replica.remove();
  return { ...times, bytes, messages: Math.ceil(count / LIMIT_BATCH) };
}
