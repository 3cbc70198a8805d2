/**
 * Makes documents show their heads, in the order of writes that leaves no crash unexplained (ARCHITECTURE §4):
 * one live head: document, then record; several heads or a tombstone: pending record, document, record.
 */
import type { FieldHasher, Fold, Shown } from '@rxdb-p2p/protocol';
import { P2PError, sameHead } from '@rxdb-p2p/protocol';
import type { BulkWriteRow } from 'rxdb';
import type { Journal } from '../journal/journal.ts';
import type { JournalChange } from '../journal/journal-change.ts';
import { type NewRecord, type StoredHead, UNNUMBERED } from '../journal/record.ts';
import type { Content, ValidateBody } from './content.ts';
import {
  bodyOf,
  type DocumentStorage,
  ourRevision,
  revisionHeight,
  type StoredDocument,
  withRxdbFields,
} from './document.ts';
import { showable, toShown } from './heads.ts';
import { encodeMarker, metaWithMarker } from './marker.ts';
import type { MergePolicy } from './merge-policy.ts';
import { withoutSpareBody } from './observe.ts';

/** Names our writes in RxDB's change events. Each leadership adds a name of its own: another one's late writes are news. */
export const WRITE_CONTEXT = 'rxdb-p2p';

export interface ShowDeps {
  readonly documents: DocumentStorage;
  readonly journal: Journal;
  readonly hasher: FieldHasher;
  readonly merge: MergePolicy;
  readonly validate: ValidateBody;
  readonly primaryPath: string;
  readonly schemaVersion: number;
  /** RxDB's `now()`: milliseconds, two decimals, never the same twice in a process */
  readonly now: () => number;
  /** the beginning of tokens that no other revisions have: one for each batch, since randomness costs more than a hash */
  readonly revisionTokens: () => string;
  readonly onProblem: (problem: P2PError) => void;
  /** names the writes of this leadership in change events; default `WRITE_CONTEXT` */
  readonly writeContext?: string;
  /** Told of each document as it was written. */
  readonly onShown?: (document: StoredDocument) => void;
}

/** A document and the heads it is to show. Where there is more than one head, all have their contents. */
export interface Target {
  readonly id: string;
  readonly heads: readonly StoredHead[];
  /** as it is stored now; its record, if there is one, describes it */
  readonly document: StoredDocument | undefined;
  /** content of the only head, where it has been read already */
  readonly content?: Content | undefined;
}

interface Plan {
  readonly target: Target;
  readonly record: NewRecord;
  /** undefined: the record alone says it all */
  readonly row: BulkWriteRow<Record<string, unknown>> | undefined;
  readonly pendingFirst: boolean;
}

/**
 * @param last what to commit with the last record, if every document took its write
 * @returns ids whose documents were written by someone else meanwhile; nothing of `last` is committed then
 */
export async function showHeads(
  targets: readonly Target[],
  deps: ShowDeps,
  last: JournalChange,
): Promise<readonly string[]> {
  const { documents, journal, onProblem } = deps;
  const tokens = deps.revisionTokens();
  const plans: Plan[] = [];
  // All at once: one handler that does not answer keeps the others waiting for no longer than its own time.
  const folds = targets.map((target) => foldOf(target, deps));
  for (const [i, target] of targets.entries()) {
    const fold = folds[i] as Fold | Promise<Fold>;
    plans.push(planFor(target, fold instanceof Promise ? await fold : fold, `${tokens}${i}`, deps));
  }

  const pending = plans
    .filter((plan) => plan.pendingFirst)
    .map(({ target, record }) => pendingRecord(target, record, deps));
  if (pending.length > 0) await journal.commit({ records: pending });

  const rows = plans.flatMap(({ row }) => (row === undefined ? [] : [row]));
  const conflicts = new Set<string>();
  const refused = new Map<string, number>();
  if (rows.length > 0) {
    await journal.expectLead();
    const { error } = await documents.bulkWrite(rows, deps.writeContext ?? WRITE_CONTEXT);
    for (const { documentId, status } of error) {
      if (status === 409) conflicts.add(documentId);
      else refused.set(documentId, status);
    }
  }
  const written: NewRecord[] = [];
  for (const { target, record, row } of plans) {
    if (conflicts.has(target.id)) continue;
    const status = refused.get(target.id);
    if (status === undefined) {
      written.push(record);
      if (row !== undefined) deps.onShown?.(row.document);
      continue;
    }
    written.push(hiddenRecord(target, deps));
    onProblem(
      new P2PError('DOCUMENT_REFUSED', `the storage refused document ${target.id}; it is kept aside`, {
        got: `status ${status}`,
      }),
    );
  }
  const change: JournalChange =
    conflicts.size === 0 ? { ...last, records: [...(last.records ?? []), ...written] } : { records: written };
  if (conflicts.size === 0 || written.length > 0) await journal.commit(change);
  return [...conflicts];
}

function planFor(target: Target, fold: Fold, token: string, deps: ShowDeps): Plan {
  const { id, heads, document } = target;
  const shown = showable(heads);
  const hasDocument = document !== undefined && !document._deleted;
  if (fold.deleted && !hasDocument)
    return { target, record: recordWithoutWrite(target, deps), row: undefined, pendingFirst: false };

  const body = fold.deleted && document !== undefined ? { ...bodyOf(document), ...fold.body } : fold.body;
  const fields = target.content?.body === body ? target.content.fields : deps.hasher.hash(body);
  const known = deps.journal.records.get(id);
  const height = Math.max(revisionHeight(document?._rev ?? ''), revisionHeight(known?.rev ?? '')) + 1;
  const rev = ourRevision(height, token);
  const lwt = deps.now();
  const [only] = shown;
  const single = shown.length === 1 && only !== undefined && !fold.deleted;
  const marker = encodeMarker(single ? { rev, head: { head: only.head }, fields } : { rev, fields });
  const next = withRxdbFields(body, {
    _deleted: fold.deleted,
    _attachments: fold.deleted ? {} : (document?._attachments ?? {}),
    _meta: metaWithMarker(document?._meta, lwt, marker),
    _rev: rev,
  });
  const row = document === undefined ? { document: next } : { previous: document, document: next };
  const record: NewRecord = {
    id,
    rev,
    lwt,
    schema: deps.schemaVersion,
    lsn: UNNUMBERED,
    fields,
    heads: withoutSpareBody(heads, deps.merge.keepsTombstones),
  };
  return { target, record, row, pendingFirst: !single || heads.length > 1 };
}

/** What is shown of the heads: at once where there is nothing to merge. */
function foldOf({ id, heads, content }: Target, deps: ShowDeps): Fold | Promise<Fold> {
  const [only] = heads;
  if (content !== undefined && heads.length === 1 && only !== undefined)
    return { deleted: only.head.deleted, body: content.body };
  const shown = toShown(showable(heads));
  const last = shown[shown.length - 1];
  if (last === undefined) return { deleted: true, body: {} };
  const latest: Fold = { deleted: last.head.deleted, body: last.body };
  return shown.length === 1 ? latest : mergeHeads(id, shown, latest, deps);
}

/** A fold that breaks the schema is not shown: the last head is, and the heads stay. */
async function mergeHeads(id: string, shown: readonly Shown[], latest: Fold, deps: ShowDeps): Promise<Fold> {
  const fold = await deps.merge.fold(id, shown);
  const renamed = fold.body[deps.primaryPath] === id ? undefined : 'the primary key is another';
  const problem = fold.deleted ? undefined : (renamed ?? deps.validate(fold.body));
  if (problem === undefined) return fold;
  const message = `merging document ${id} breaks its schema; its latest version is shown`;
  deps.onProblem(new P2PError('MERGE_BREAKS_SCHEMA', message, { got: problem }));
  return latest;
}

/** The document is not there, or deleted already. */
function recordWithoutWrite(
  { id, heads, document }: Target,
  { hasher, now, schemaVersion, merge }: ShowDeps,
): NewRecord {
  return {
    id,
    rev: document?._rev ?? '',
    lwt: document?._meta.lwt ?? now(),
    schema: schemaVersion,
    lsn: UNNUMBERED,
    fields: hasher.hash(document === undefined ? {} : bodyOf(document)),
    heads: withoutSpareBody(heads, merge.keepsTombstones),
  };
}

/** The record before the write: what the document still shows, and what it is about to. */
function pendingRecord({ id, heads, document }: Target, { rev }: NewRecord, deps: ShowDeps): NewRecord {
  const known = deps.journal.records.get(id);
  const before = known ?? { ...recordWithoutWrite({ id, heads: [], document }, deps), heads: [] };
  return { ...before, pending: { rev, heads } };
}

/** The storage did not take the document: what is new of its heads is kept, and not shown. */
function hiddenRecord(target: Target, deps: ShowDeps): NewRecord {
  const shown = deps.journal.records.get(target.id)?.heads ?? [];
  const heads = target.heads.map((stored): StoredHead => {
    return shown.some(({ head }) => sameHead(head, stored.head)) ? stored : { ...stored, hidden: true };
  });
  return recordWithoutWrite({ ...target, heads }, deps);
}
