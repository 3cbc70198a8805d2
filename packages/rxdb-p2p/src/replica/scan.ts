/** Reads the versions that another replica lacks, in lsn order, for catch-up (ARCHITECTURE §5). */
import type { Cursor, Head, ScanBatch, Vector, Version } from '@rxdb-p2p/protocol';
import { covers, MAX_BODY_BYTES, utf8Length, versionCost } from '@rxdb-p2p/protocol';
import type { Journal } from '../journal/journal.ts';
import type { DocRecord } from '../journal/record.ts';
import { bodyTexts, type DocumentStorage, type StoredDocument } from './document.ts';
import type { FirstDocuments } from './first-documents.ts';

export interface BatchLimits {
  readonly bytes: number;
  readonly records: number;
}

/**
 * A batch ends at whichever comes first. The other side writes it in one transaction, so larger ones cost less; two are sent again
 * after an interruption, which is to cost no more than a tenth of 100,000 documents for ten of them.
 */
export const DEFAULT_BATCH: BatchLimits = { bytes: 384 * 1024, records: 384 };
/** Documents that are read before their size is known: 4 MB of those that are 64 KB each. */
const FIRST_READ_RECORDS = 64;
/** How many more are read than a batch has room for by their usual size: reading once more costs more. */
const SPARE_RECORDS = 1.03;
/** Records looked at in one step, so that a scan that sends little does not hold the queue for long. */
const STEP_RECORDS = 20_000;
/** Records that are taken out of the journal at once: a batch sends no more of them. */
const PAGE_RECORDS = 384;

export interface ScanDeps {
  readonly documents: DocumentStorage;
  readonly journal: Journal;
  readonly batch: BatchLimits;
  /** those that need no reading */
  readonly first?: FirstDocuments;
  /** what a document took in the batch before this */
  readonly usualBytes?: number | undefined;
}

export interface ScanResult {
  readonly batch: ScanBatch;
  /** id of the document before which the batch ends, since it is not what its record says: journal it, then read again */
  readonly stale: string | undefined;
  /** what a document took in this batch; undefined: there was none */
  readonly usualBytes: number | undefined;
}

/** Runs inside the collection's queue: what it claims is what it read. */
export async function readBatch(vector: Vector, cursor: Cursor | null, deps: ScanDeps): Promise<ScanResult> {
  const { journal, batch } = deps;
  const from = resolveCursor(cursor, journal);
  const lacking: DocRecord[] = [];
  let end = from;
  let looked = 0;
  let isLast = true;
  for (const record of recordsAbove(from, journal)) {
    const isLacking = record.heads.some(({ head }) => !covers(vector, head));
    isLast = looked < STEP_RECORDS && !(isLacking && lacking.length === batch.records);
    if (!isLast) break;
    if (isLacking) lacking.push(record);
    end = record.lsn;
    looked++;
  }
  const { versions, next, isStale, usualBytes } = await readRecords(lacking, vector, deps);
  if (next !== undefined) end = next.lsn - 1;
  const stale = isStale ? next?.id : undefined;
  const done = isLast && next === undefined;
  const epoch = journal.epochs[journal.epochs.length - 1]?.id ?? '';
  return {
    batch: {
      versions,
      cursor: { journal: journal.id, epoch, lsn: end },
      claim: done ? journal.vector : null,
      remaining: done ? 0 : journal.countAbove(end),
    },
    stale,
    usualBytes,
  };
}

export interface RecordsRead {
  readonly versions: readonly Version[];
  /** the first record that was not read: it would have been too much, or it is stale */
  readonly next: DocRecord | undefined;
  /** its document is not what it says */
  readonly isStale: boolean;
  readonly usualBytes: number | undefined;
}

/** The versions of documents that a vector does not cover, with their contents, as far as a batch goes. */
export async function readRecords(
  records: readonly DocRecord[],
  vector: Vector,
  { documents, batch, first, usualBytes }: ScanDeps,
): Promise<RecordsRead> {
  const versions: Version[] = [];
  let bytes = 0;
  const roomFor = (each: number): number => Math.ceil(((batch.bytes - bytes) / each) * SPARE_RECORDS);
  const end = (next: DocRecord | undefined, isStale = false): RecordsRead => {
    return { versions, next, isStale, usualBytes: versions.length === 0 ? undefined : bytes / versions.length };
  };
  for (let read = 0; read < records.length; ) {
    // As many as the batch has room for, going by those before: of large documents that is far fewer than its records.
    const usual = read === 0 ? usualBytes : bytes / read || 1;
    const room = usual === undefined ? FIRST_READ_RECORDS : roomFor(usual);
    const page = records.slice(read, read + room);
    const found = await readDocuments(page, documents, first);
    const texts = textsOf(found);
    for (const next of page) {
      if (bytes >= batch.bytes) return end(next);
      const lacked = versionsOf(next, vector, found.get(next.id), texts);
      if (lacked === undefined) return end(next, true);
      for (const version of lacked) {
        versions.push(version);
        bytes += versionCost(version);
      }
    }
    read += page.length;
    const next = records[read];
    if (bytes >= batch.bytes && next !== undefined) return end(next);
  }
  return end(undefined);
}

/** In lsn order, taken out as they are looked at: a batch ends long before a large journal does. */
function* recordsAbove(from: number, journal: Journal): Generator<DocRecord> {
  let page: readonly DocRecord[];
  let lsn = from;
  do {
    page = journal.above(lsn, PAGE_RECORDS);
    yield* page;
    lsn = page[page.length - 1]?.lsn ?? lsn;
  } while (page.length === PAGE_RECORDS);
}

/** Power loss can take the tail of a log: a cursor is valid only below the first lsn of the epoch after its own. */
function resolveCursor(cursor: Cursor | null, journal: Journal): number {
  if (cursor === null || cursor.journal !== journal.id) return 0;
  const index = journal.epochs.findLastIndex(({ id }) => id === cursor.epoch);
  if (index < 0) return 0;
  const next = journal.epochs[index + 1];
  return cursor.lsn < (next?.firstLsn ?? journal.lsn + 1) ? cursor.lsn : 0;
}

async function readDocuments(
  records: readonly DocRecord[],
  documents: DocumentStorage,
  first: FirstDocuments | undefined,
): Promise<Map<string, StoredDocument>> {
  const byId = new Map<string, StoredDocument>();
  const ids: string[] = [];
  for (const record of records) {
    if (!needsDocument(record)) continue;
    const document = first?.get(record);
    if (document === undefined) ids.push(record.id);
    else byId.set(record.id, document);
  }
  if (ids.length === 0) return byId;
  const found = await documents.findDocumentsById(ids, true);
  const primaryPath = primaryPathOf(documents);
  for (const document of found) byId.set(document[primaryPath] as string, document);
  return byId;
}

function textsOf(found: ReadonlyMap<string, StoredDocument>): ReadonlyMap<string, string> {
  const texts = bodyTexts([...found.values()]);
  return new Map([...found.keys()].map((id, i) => [id, texts[i] ?? '']));
}

export function primaryPathOf({ schema }: DocumentStorage): string {
  const { primaryKey } = schema;
  return typeof primaryKey === 'string' ? primaryKey : String(primaryKey.key);
}

function needsDocument({ heads }: DocRecord): boolean {
  return heads.some(({ head, body, hidden }) => body === undefined && !head.deleted && hidden !== true);
}

/** Undefined: the document is not what the record says, so its content must not be sent under these heads. */
function versionsOf(
  record: DocRecord,
  vector: Vector,
  document: StoredDocument | undefined,
  texts: ReadonlyMap<string, string>,
): Version[] | undefined {
  if (needsDocument(record) && (document?._rev !== record.rev || document._meta.lwt !== record.lwt)) return undefined;
  const versions: Version[] = [];
  for (const { head, body, hidden, bytes } of record.heads) {
    if (covers(vector, head)) continue;
    let text = body;
    if (text === undefined && head.deleted) text = '{}';
    else if (text === undefined && hidden !== true) text = texts.get(record.id);
    versions.push(versionOf(record.id, head, text, bytes));
  }
  return versions;
}

/** A body that is too large for a frame stays at home; its envelope travels with its hash and size, so that vectors go on. */
export function versionOf(id: string, head: Head, text: string | undefined, known?: number): Version {
  const body = text === undefined ? undefined : travelling(text);
  if (body !== undefined) return { id, head, body };
  const bytes = text === undefined ? known : utf8Length(text);
  return { id, head, body, hash: head.hash, ...(bytes === undefined ? {} : { bytes }) };
}

function travelling(text: string): string | undefined {
  if (text.length * 3 <= MAX_BODY_BYTES) return text;
  return new TextEncoder().encode(text).length <= MAX_BODY_BYTES ? text : undefined;
}
