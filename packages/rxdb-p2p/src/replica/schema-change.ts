/**
 * After a migration of the schema: what the journal keeps of documents goes through the application's strategies, as RxDB
 * has led the documents through them (ARCHITECTURE §4). They stay the same writes: no dot is minted, and replicas that
 * migrate by themselves agree afterwards, if the strategies are deterministic. Otherwise they have forks.
 */
import { type Body, contentHash, headOf, parseJsonObject, sameHead } from '@rxdb-p2p/protocol';
import { type DocRecord, type NewRecord, type StoredHead, UNNUMBERED } from '../journal/record.ts';
import { isRxdbField, type StoredDocument } from './document.ts';
import type { ReplicaContext } from './replica-context.ts';

/**
 * Leads the content of a version through the strategies. Null: the application wants the document removed. Undefined: a
 * strategy has failed.
 */
export type MigrateBody = (body: Body, fromVersion: number) => Promise<Body | null | undefined>;

/** Records in one commit. */
const PAGE_RECORDS = 1_000;

/** @returns ids of documents that were written under the old schema by someone whom nobody has noticed yet */
export async function followSchema(context: ReplicaContext): Promise<readonly string[]> {
  const { journal, schemaVersion } = context;
  const old = [...journal.records.values()].filter(({ schema }) => schema !== schemaVersion);
  const written: string[] = [];
  for (let from = 0; from < old.length; from += PAGE_RECORDS) {
    const page = old.slice(from, from + PAGE_RECORDS);
    const found = await context.find(page.map(({ id }) => id));
    const records: NewRecord[] = [];
    for (const record of page) {
      const document = found.get(record.id);
      records.push(await follow(record, document, context));
      if (document !== undefined && !describes(record, document)) written.push(record.id);
    }
    await journal.commit({ records });
  }
  return written;
}

/** RxDB's migration may give a document another revision; its time stays. */
function describes(record: DocRecord, document: StoredDocument | undefined): document is StoredDocument {
  return document?._meta.lwt === record.lwt;
}

async function follow(
  record: DocRecord,
  document: StoredDocument | undefined,
  context: ReplicaContext,
): Promise<NewRecord> {
  const { schemaVersion, hasher } = context;
  const heads = await migrateAll(record.heads, record, document, context);
  const waiting = record.pending && (await migrateAll(record.pending.heads, record, document, context));
  const moved: NewRecord = { ...record, schema: schemaVersion, lsn: UNNUMBERED, heads };
  if (document !== undefined && !describes(record, document)) {
    return record.pending === undefined ? moved : { ...moved, pending: { ...record.pending, heads: waiting ?? heads } };
  }
  const shown: NewRecord =
    document === undefined
      ? { ...moved, rev: '' }
      : { ...moved, rev: document._rev, fields: hasher.hash(document, isRxdbField) };
  // What RxDB has migrated of several versions is their fold: they are folded again, each as its own migration made it.
  if (heads.length === 1 && waiting === undefined) return shown;
  return { ...shown, pending: { rev: '', heads: waiting ?? heads } };
}

/** The same array when none of them has changed. */
async function migrateAll(
  heads: readonly StoredHead[],
  record: DocRecord,
  document: StoredDocument | undefined,
  context: ReplicaContext,
): Promise<readonly StoredHead[]> {
  const migrated: StoredHead[] = [];
  for (const stored of heads) migrated.push(await migrateHead(stored, record, document, context));
  return migrated.every((stored, i) => stored === heads[i]) ? heads : migrated;
}

async function migrateHead(
  stored: StoredHead,
  record: DocRecord,
  document: StoredDocument | undefined,
  context: ReplicaContext,
): Promise<StoredHead> {
  const { head, body, hidden } = stored;
  if (body !== undefined) return migrateContent(stored, body, record, context);
  if (head.deleted || hidden === true) return stored;
  // Its content was the document: gone where a strategy has removed it, or where a later write is in its place.
  if (document === undefined) return record.rev === '' ? stored : { head, hidden: true };
  if (!describes(record, document)) return stored;
  const fields = context.hasher.hash(document, isRxdbField);
  const moved = headOf(head, contentHash(head, context.hasher.plain(fields, document, isRxdbField)));
  return sameHead(moved, head) ? stored : { ...stored, head: moved };
}

async function migrateContent(
  stored: StoredHead,
  text: string,
  { id, schema }: DocRecord,
  { migrate, merge, hasher, primaryPath }: ReplicaContext,
): Promise<StoredHead> {
  const { head } = stored;
  const empty = JSON.stringify({ [primaryPath]: id });
  // A tombstone that nobody reads, or that says no more than its name.
  if (head.deleted && (!merge.keepsTombstones || text === empty)) return stored;
  // What is kept aside need not be JSON.
  const body: Body | undefined = parseJsonObject(text);
  if (body === undefined || migrate === undefined) return stored;
  const migrated = await migrate(body, schema);
  if (migrated === undefined) return stored;
  if (migrated === null) return head.deleted ? { head, body: empty } : { head, hidden: true };
  const next = { ...stored, body: JSON.stringify(migrated) };
  if (head.deleted) return next;
  return { ...next, head: headOf(head, contentHash(head, hasher.plain(hasher.hash(migrated), migrated))) };
}
