/** Every replica of a settled mesh inserts the same document, each with another value, at the same moment. */
import { createDocument } from '../documents.ts';
import { allEqual } from '../replicas.ts';
import type { System } from '../systems/system.ts';
import { sleep } from '../waiting.ts';
import { openPool } from './pool.ts';

export interface ConcurrentInserts {
  /** All replicas show the same document and the network is quiet. */
  readonly settled: boolean;
  /** From the inserts to the last message; undefined when there was no last one. */
  readonly settledMs?: number;
  /** Messages from the inserts until it settled, or until time was up. */
  readonly messages: number;
  /** Messages per second in the last second that was watched. */
  readonly lateRate: number;
  /** Messages, keep-alives aside, in the second after it settled. */
  readonly messagesAfterwards: number;
}

const QUIET_MS = 500;
const AFTERWARDS_MS = 1_000;

export async function measureConcurrentInserts(
  system: System,
  peers: number,
  latencyMs: number,
  timeoutMs: number,
): Promise<ConcurrentInserts> {
  const pool = await openPool(system, peers, latencyMs);
  const times: number[] = [];
  pool.network.onMessage((message) => {
    if (!system.isKeepAlive(message)) times.push(performance.now());
  });
  const start = performance.now();
  const document = createDocument(0);
  await Promise.all(
    pool.members.map(({ collection }, index) => collection.insert({ ...document, title: `by replica ${index}` })),
  );
  const quiet = await pool.quiet(QUIET_MS, timeoutMs);
  const messages = times.length;
  const end = performance.now();
  const lateRate = times.filter((time) => time > end - 1_000).length;
  let settled = quiet && (await allEqual(pool.members.map((member) => member.collection)));
  let messagesAfterwards = 0;
  if (quiet) {
    await sleep(AFTERWARDS_MS);
    messagesAfterwards = times.length - messages;
    settled = settled && messagesAfterwards === 0;
  }
  const last = times[messages - 1] ?? start;
  await pool.close();
  return { settled, ...(quiet ? { settledMs: last - start } : {}), messages, lateRate, messagesAfterwards };
}
