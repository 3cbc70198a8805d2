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
