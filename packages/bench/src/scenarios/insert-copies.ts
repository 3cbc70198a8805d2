/** One replica of a settled mesh inserts one document. How often does its body cross the network? */
import { createDocument } from '../documents.ts';
import { expectContents } from '../replicas.ts';
import type { System } from '../systems/system.ts';
import { openPool } from './pool.ts';

export interface InsertCopies {
  readonly copies: number;
  readonly messages: number;
  readonly bytes: number;
}

/** Occurs once in the document and nowhere else. */
const MARKER = 'marker-of-the-inserted-document';

const QUIET_MS = 1_000;
const TIMEOUT_MS = 30_000;

function occurrences(text: string): number {
  return text.split(MARKER).length - 1;
}

export async function measureInsertCopies(system: System, peers: number, latencyMs: number): Promise<InsertCopies> {
  const pool = await openPool(system, peers, latencyMs);
  const [author] = pool.members;
  if (author === undefined) throw new Error('a mesh has replicas');
  const before = pool.network.traffic();
  let copies = 0;
  pool.network.onMessage((message) => {
    copies += occurrences(Buffer.from(message).toString('latin1'));
  });
  const document = { ...createDocument(0), title: MARKER };
  await author.collection.insert(document);
  const quiet = await pool.quiet(QUIET_MS, TIMEOUT_MS);
  const after = pool.network.traffic();
  if (!quiet) throw new Error(`${system.name}: one insert among ${peers} did not settle after ${TIMEOUT_MS} ms`);
  await expectContents(
    pool.members.map((member) => member.collection),
    [document],
  );
  pool.check();
  await pool.close();
  return { copies, messages: after.messages - before.messages, bytes: after.bytes - before.bytes };
}
