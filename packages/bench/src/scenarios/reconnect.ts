/** Two replicas hold the same documents, written by several; they lose their connection and meet again. */
import { createDocuments } from '../documents.ts';
import { changes, expectContents } from '../replicas.ts';
import type { System } from '../systems/system.ts';
import { until } from '../waiting.ts';
import { meshed, openPool } from './pool.ts';

export interface Reconnect {
  /** both directions */
  readonly bytes: number;
  readonly messages: number;
}

const QUIET_MS = 1_000;
const TIMEOUT_MS = 120_000;

export async function measureReconnect(system: System, count: number, actors: number): Promise<Reconnect> {
  const pool = await openPool(system, actors, 0);
  const documents = createDocuments(count);
  const share = Math.ceil(count / actors);
  const complete = pool.members.map(({ collection }) => changes(collection, count, TIMEOUT_MS));
  await Promise.all(
    pool.members.map(({ collection }, index) =>
      collection.bulkInsert(documents.slice(index * share, (index + 1) * share)),
    ),
  );
  await Promise.all(complete);
  if (!(await pool.quiet(QUIET_MS, TIMEOUT_MS))) throw new Error(`${system.name}: ${actors} writers did not settle`);
  const staying = pool.members.slice(0, 2);
  for (const member of pool.members.slice(2)) await member.leave();
  await meshed(pool, staying);
  await expectContents(
    staying.map((member) => member.collection),
    documents,
  );

  pool.network.cut();
  const apart = await until(() => staying.every((member) => member.peers() === 0), TIMEOUT_MS);
  if (!apart) throw new Error(`${system.name}: a cut connection was not noticed`);
  const before = pool.network.traffic();
  pool.network.heal();
  await meshed(pool, staying);
  const after = pool.network.traffic();
  pool.check();
  await pool.close();
  return { bytes: after.bytes - before.bytes, messages: after.messages - before.messages };
}
