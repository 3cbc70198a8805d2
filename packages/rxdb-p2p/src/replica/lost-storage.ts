/**
 * Documents that the storage has lost, whole or the newest of what was written to them: each storage of a device can lose
 * its own part, when power fails (ARCHITECTURE §4).
 */
import { covers, P2PError } from '@rxdb-p2p/protocol';
import type { JournalChange } from '../journal/journal-change.ts';
import { type DocRecord, isLive, type NewRecord, type StoredHead } from '../journal/record.ts';
import { isOurRevision, isRxdbField, revisionHeight, type StoredDocument } from './document.ts';
import { readMarker } from './marker.ts';
import type { PushRanges } from './push-ranges.ts';
import { isTaken, reissue } from './reissue.ts';
import type { ReplicaContext } from './replica-context.ts';

export interface LostStorage {
  /**
   * Documents that are gone; those that never were, or are deleted, are none.
   *
   * @returns ids of those whose contents the journal has: they are to be shown again
   */
  drop(ids: readonly string[]): Promise<readonly string[]>;
  /** Of these documents, those that are older than their records: from the journal where it has the contents, else from others. */
  recover(found: ReadonlyMap<string, StoredDocument>): Promise<void>;
}

export function createLostStorage(context: ReplicaContext, ranges: PushRanges): LostStorage {
  const { journal, hasher, merge, onProblem } = context;

  /**
   * Forgets the records of lost documents, lowers the vector so that they are pulled again, and forgets all cursors,
   * which would skip them. Whose own writes are gone begins a new incarnation, so that no dot is used twice.
   *
   * Of every actor in the lost versions the whole entry goes: its older writes of these documents, which they had
   * superseded, are not superseded by anything here any more, and nobody knows which they were.
   */
  async function dropAll(named: readonly string[]): Promise<void> {
    if (named.length === 0) return;
    const beside = await lookBeside(new Set(named));
    const lost = [...named, ...beside.lost];
    const vector = new Map(journal.vector);
    for (const id of lost) {
      for (const { head } of journal.records.get(id)?.heads ?? []) {
        for (const { actor } of [head, ...head.past]) vector.delete(actor);
      }
    }
    ranges.keep([]);
    const renamed = renameOver(vector, new Set(lost), beside.moved);
    const cursors = journal.cursorNames().map((name) => [name, null] as const);
    await journal.commit({ dropped: lost, vector, cursors, ...renamed });
    context.noteUnfolded(renamed.records ?? []);
    const message = `the storage has lost ${lost.length} documents, or what was written to them last; they are fetched again`;
    onProblem(new P2PError('STORAGE_LOST', message));
    context.announce(null, [...lost, ...(renamed.records ?? []).map(({ id }) => id)], true);
  }

  /**
   * Own writes that would go on under a new name, and whose contents are gone: lost with them, or written over by what is still to
   * be journaled. Nobody may be promised such a write.
   */
  async function lookBeside(
    named: ReadonlySet<string>,
  ): Promise<{ readonly lost: readonly string[]; readonly moved: ReadonlySet<string> }> {
    const isUnknown = context.unknownToOthers();
    const own = [...journal.records.values()].filter(
      (record) =>
        !named.has(record.id) &&
        isStored(record) &&
        record.heads.some(({ head }) => isUnknown(head)) &&
        !record.heads.every(hasContent),
    );
    const found = await context.find(own.map(({ id }) => id));
    const lost: string[] = [];
    const moved = new Set<string>();
    for (const record of own) {
      const document = found.get(record.id);
      if (document === undefined || isOutdated(record, document)) lost.push(record.id);
      else if (document._rev !== record.rev) moved.add(record.id);
    }
    return { lost, moved };
  }

  /**
   * Own writes that the vector covers no more, and that nobody else is known to hold, go on: under a new name, unless it was a
   * former one that went. The others have been superseded elsewhere, maybe: if nobody has them any more, a repair shows that.
   */
  function renameOver(
    vector: Map<string, number>,
    lost: ReadonlySet<string>,
    moved: ReadonlySet<string>,
  ): JournalChange {
    const isUnknown = context.unknownToOthers();
    const kept = [...journal.records.values()].filter(({ id }) => !lost.has(id));
    const choose = (id: string, { head }: StoredHead): boolean =>
      isUnknown(head) && !covers(vector, head) && !moved.has(id);
    const isCut = (vector.get(context.actor()) ?? 0) < journal.seq || isTaken(kept, { choose, name: context.actor() });
    const change: JournalChange = isCut ? context.newIncarnation() : {};
    const name = context.actorOf(change.incarnation ?? journal.incarnation);
    const { records, seq } = reissue(kept, { choose, name, from: isCut ? 0 : journal.seq });
    if (records.length > 0) vector.set(name, seq);
    else if (!isCut) return {};
    return { ...change, records, seq };
  }

  /**
   * A document's revisions rise with every write, unless its tombstone was purged and it was inserted again since: then
   * nothing of the record is missing.
   */
  function isOutdated(record: DocRecord, document: StoredDocument): boolean {
    const { rev, lwt, heads, pending } = record;
    if (rev === '' || rev === document._rev) return false;
    if (revisionHeight(document._rev) > revisionHeight(rev)) return isOfAnotherLine(record, document);
    const wasDeleted = [...heads, ...(pending?.heads ?? [])].some(({ head }) => head.deleted);
    return !wasDeleted || document._meta.lwt < lwt || !heads.every(hasContent);
  }

  /**
   * Somebody has written more than once on what was left, so that its height tells nothing; but what follows on a revision
   * of ours has the marker of that one, or of a later.
   */
  function isOfAnotherLine({ rev, pending }: DocRecord, document: StoredDocument): boolean {
    if (!isOurRevision(rev) || pending !== undefined) return false;
    const marker = readMarker(document, hasher);
    return marker !== undefined && revisionHeight(marker.rev) < revisionHeight(rev);
  }

  /** There is a document that shows it, or was. */
  const isStored = (record: DocRecord): boolean => isLive(record) && record.rev !== '';

  const hasContent = ({ head, body, hidden }: StoredHead): boolean =>
    body !== undefined || hidden === true || (head.deleted && !merge.keepsTombstones);

  /**
   * Its heads are to be shown again. Nobody knows what the document shows, so a write on top of it supersedes none of
   * them; what is later than the record is such a write, which is still to be journaled.
   */
  function shownAgain(record: DocRecord, document: StoredDocument): NewRecord {
    const { _rev, _meta } = document;
    const isWrite = _meta.lwt > record.lwt && readMarker(document, hasher)?.rev !== _rev;
    const fields = hasher.hash(document, isRxdbField);
    return isWrite ? shownFirst(record) : { ...shownFirst(record), rev: _rev, lwt: _meta.lwt, fields };
  }

  function shownFirst(record: DocRecord): NewRecord {
    return { ...record, rev: '', heads: [], pending: { rev: '', heads: record.pending?.heads ?? record.heads } };
  }

  return {
    async drop(ids) {
      const gone = ids.flatMap((id) => journal.records.get(id) ?? []).filter(isStored);
      // A fold that is deleted, by an application's handler, may have been purged, with live heads that it does not show.
      const kept = gone.filter(({ heads }) => heads.every(hasContent));
      if (kept.length > 0) await journal.commit({ records: kept.map(shownFirst) });
      await dropAll(gone.filter((record) => !kept.includes(record)).map(({ id }) => id));
      return kept.map(({ id }) => id);
    },
    async recover(found) {
      const lost: string[] = [];
      const records: NewRecord[] = [];
      for (const [id, document] of found) {
        const record = journal.records.get(id);
        if (record === undefined || !isOutdated(record, document)) continue;
        if (record.heads.every(hasContent)) records.push(shownAgain(record, document));
        else lost.push(id);
      }
      if (records.length > 0) await journal.commit({ records });
      await dropAll(lost);
    },
  };
}
