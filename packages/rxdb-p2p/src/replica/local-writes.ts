/** Journals local writes: what the documents say that their records do not. */
import { type Head, P2PError, sameDot, type Version, vectorEntry } from '@rxdb-p2p/protocol';
import type { DocRecord, NewRecord, StoredHead } from '../journal/record.ts';
import { checkBody } from './content.ts';
import { bodyOf, type StoredDocument } from './document.ts';
import type { LostStorage } from './lost-storage.ts';
import { readMarker } from './marker.ts';
import { bodyText, type Observation, observe } from './observe.ts';
import type { ReplicaContext } from './replica-context.ts';
import type { Rollback } from './rollback.ts';
import { versionOf } from './scan.ts';
import { createSyncableCheck } from './syncable.ts';

export interface LocalWrites {
  /**
   * Journals the documents whose revisions their records do not describe, in one commit.
   *
   * @param checkpoint how far the storage has been read with them
   * @returns ids of documents that do not show all their heads yet
   */
  journal(found: ReadonlyMap<string, StoredDocument>, checkpoint?: unknown): Promise<readonly string[]>;
}

/** Writes that one push carries; more are left to WANT, which reads them in batches. */
const MAX_PUSHED_WRITES = 256;

export interface LocalWritesParts {
  readonly lost: LostStorage;
  readonly rollback: Rollback;
}

export function createLocalWrites(context: ReplicaContext, { lost, rollback }: LocalWritesParts): LocalWrites {
  const { journal, hasher, merge, rules, schemaVersion, onProblem } = context;
  const { keepsTombstones } = merge;
  const syncable = createSyncableCheck();

  function mayTravel({ id, fields }: NewRecord): boolean {
    const problem = syncable.problemOf(id, fields.names);
    if (problem === undefined) return true;
    const name = JSON.stringify(id.slice(0, 80));
    onProblem(new P2PError('DOCUMENT_UNSYNCABLE', `document ${name} is not synced: ${problem}`));
    return false;
  }

  /** A new local write with its content, for a push. */
  function toVersion({ record: { id }, minted }: Observation, found: ReadonlyMap<string, StoredDocument>): Version[] {
    const document = found.get(id);
    if (minted === undefined || document === undefined) return [];
    const version = versionOf(id, minted, bodyText(document, minted, merge));
    const invalid = minted.deleted ? undefined : checkBody(id, bodyOf(document), rules)?.text;
    if (invalid !== undefined) {
      const hint = 'validate local writes, with one of RxDB’s validation storages';
      const message = `other devices will not show document ${id}: ${invalid}`;
      onProblem(new P2PError('LOCAL_DOCUMENT_INVALID', message, { hint }));
    }
    if (version.body === undefined) {
      onProblem(new P2PError('BODY_TOO_LARGE', `document ${id} is too large to travel`, { hint: 'split it' }));
    }
    return [version];
  }

  /**
   * [REP-3] Written on what was shown before an own version that no document shows: one that lets another go, or that is to be
   * shown again. Under the same name it would be superseded by what did not know of it.
   */
  function isBesideOwn(record: DocRecord | undefined, document: StoredDocument): boolean {
    const { _rev } = document;
    if (record?.pending === undefined || _rev === record.rev || _rev === record.pending.rev) return false;
    const { heads, pending } = record;
    const marker = readMarker(document, hasher);
    const seen = marker?.head === undefined ? heads : [...heads, marker.head];
    const isUnseen = ({ head }: StoredHead): boolean =>
      head.actor === context.actor() && !seen.some((shown) => sameDot(shown.head, head));
    return marker?.rev !== _rev && pending.heads.some(isUnseen);
  }

  return {
    async journal(found, checkpoint) {
      await lost.recover(found);
      const actor = context.actor();
      for (const [id, document] of found) {
        if (!isBesideOwn(journal.records.get(id), document)) continue;
        await journal.commit(context.newIncarnation());
        return this.journal(found, checkpoint);
      }
      const previous = journal.seq;
      let seq = previous;
      const mint = () => ({ actor, seq: ++seq });
      let named = 0;
      const onMarked = (head: Head): void => {
        named = Math.max(named, vectorEntry(head, actor));
      };
      const observations: Observation[] = [];
      const unfolded: string[] = [];
      for (const [id, document] of found) {
        const record = journal.records.get(id);
        const observation = observe(id, record, document, { hasher, schemaVersion, keepsTombstones, mint, onMarked });
        if (record === undefined && observation !== undefined && !mayTravel(observation.record)) continue;
        if (observation !== undefined) observations.push(observation);
        if ((observation?.record ?? record)?.pending !== undefined) unfolded.push(id);
      }
      // [REP-3] The journal has lost writes that others have seen, and went on to versions that these documents show.
      if (named > previous && (await rollback.begin(actor, named, true, 0))) {
        context.announce(null, [], true);
        return this.journal(found, checkpoint);
      }
      if (observations.length === 0) return unfolded;
      const records = observations.map((observation): NewRecord => observation.record);
      const minted = seq > previous ? { seq, vector: new Map(journal.vector).set(actor, seq) } : {};
      const read = checkpoint === undefined ? {} : { checkpoint };
      await journal.commit({ records, ...minted, ...context.acknowledgement(), ...read });
      const few = observations.length <= MAX_PUSHED_WRITES;
      const versions = few ? observations.flatMap((observation) => toVersion(observation, found)) : [];
      const authored = versions.length === 0 ? null : { actor, previous, seq, versions };
      const changed = records.map(({ id }) => id);
      context.announce(authored, changed);
      return unfolded;
    },
  };
}
