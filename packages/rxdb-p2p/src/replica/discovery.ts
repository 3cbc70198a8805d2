/**
 * Finds what happened to the documents while nobody looked: writes that no event told of, and documents that the storage
 * has lost (ARCHITECTURE §4).
 */
import { P2PError } from '@rxdb-p2p/protocol';
import { getChangedDocumentsSince, prepareQuery } from 'rxdb';
import type { JournalChange } from '../journal/journal.ts';
import { isLive, type StoredHead } from '../journal/record.ts';
import type { LocalWrites } from './local-writes.ts';
import { reissue } from './reissue.ts';
import type { RemoteVersions } from './remote-versions.ts';
import type { ReplicaContext } from './replica-context.ts';

export interface Discovery {
  /** Journals all that the storage has by now, after the journal's checkpoint. */
  catchUp(): Promise<void>;
  /** Journals what these documents are, or that they are lost. */
  look(ids: readonly string[]): Promise<void>;
  /** Compares a page of documents with their records. @returns where the next page begins; undefined: that was the last */
  comparePage(after: string): Promise<string | undefined>;
  /** how often documents were found lost */
  readonly losses: number;
}

/** Documents read at once. */
export const PAGE_DOCUMENTS = 1_000;
/** Documents that a first start reads at once, before it goes on by pages. */
const FIRST_READ = 20_000;

export function createDiscovery(context: ReplicaContext, localWrites: LocalWrites, remote: RemoteVersions): Discovery {
  const { documents, journal, primaryPath, onProblem } = context;
  let losses = 0;

  /**
   * A plain query costs a fraction of what paging by time does.
   *
   * @returns the checkpoint after what was read, and whether that was all
   */
  async function firstRead(): Promise<{ readonly checkpoint: unknown; readonly complete: boolean }> {
    const sort = [{ '_meta.lwt': 'asc' }, { [primaryPath]: 'asc' }] as never;
    const query = prepareQuery(documents.schema, { selector: {}, sort, skip: 0, limit: FIRST_READ });
    const first = (await documents.query(query)).documents;
    const complete = first.length < FIRST_READ;
    const last = first[first.length - 1];
    if (last === undefined) return { checkpoint: undefined, complete };
    const checkpoint = { id: last[primaryPath], lwt: last._meta.lwt };
    await remote.refold(await localWrites.journal(context.byId(first), checkpoint));
    return { checkpoint, complete };
  }

  /**
   * Forgets the records of lost documents, lowers the vector so that they are pulled again, and forgets all cursors,
   * which would skip them. Whose own writes are gone begins a new incarnation, so that no dot is used twice.
   *
   * Of every actor in the lost versions the whole entry goes: its older writes of these documents, which they had
   * superseded, are not superseded by anything here any more, and nobody knows which they were.
   */
  async function dropLost(ids: readonly string[]): Promise<void> {
    const lost = ids.filter((id) => {
      const record = journal.records.get(id);
      return record !== undefined && isLive(record) && record.rev !== '';
    });
    if (lost.length === 0) return;
    const vector = new Map(journal.vector);
    for (const id of lost) {
      for (const { head } of journal.records.get(id)?.heads ?? []) {
        for (const { actor } of [head, ...head.past]) vector.delete(actor);
      }
    }
    remote.forgetRanges();
    const renamed = renameOver(vector, new Set(lost));
    const cursors = journal.cursorNames().map((name) => [name, null] as const);
    await journal.commit({ dropped: lost, vector, cursors, ...renamed });
    // Not before: what comes in while that is written belongs to a catch-up that began with them.
    losses++;
    const message = `${lost.length} documents are gone from the storage without a delete; they are fetched again`;
    onProblem(new P2PError('STORAGE_LOST', message));
    context.announce(null, [...lost, ...(renamed.records ?? []).map(({ id }) => id)], true);
  }

  /** Where the vector covers own writes no more: a new incarnation, with those that nobody else is known to hold. */
  function renameOver(vector: Map<string, number>, lost: ReadonlySet<string>): JournalChange {
    const old = context.actor();
    if ((vector.get(old) ?? 0) >= journal.seq) return {};
    const { acknowledged } = context;
    const change = context.newIncarnation();
    const name = context.actorOf(change.incarnation);
    const kept = [...journal.records.values()].filter(({ id }) => !lost.has(id));
    const choose = (_: string, { head }: StoredHead): boolean => head.actor === old && head.seq > acknowledged;
    const { records, seq } = reissue(kept, { choose, name });
    if (seq > 0) vector.set(name, seq);
    return { ...change, records, seq };
  }

  return {
    get losses() {
      return losses;
    },
    async catchUp() {
      let { checkpoint } = journal;
      if (checkpoint === undefined && documents.getChangedDocumentsSince === undefined) {
        const first = await firstRead();
        if (first.complete) return;
        checkpoint = first.checkpoint;
      }
      for (;;) {
        const changes = await getChangedDocumentsSince(documents, PAGE_DOCUMENTS, checkpoint);
        if (changes.documents.length === 0) break;
        checkpoint = changes.checkpoint;
        await remote.refold(await localWrites.journal(context.byId(changes.documents), checkpoint));
        if (changes.documents.length < PAGE_DOCUMENTS) break;
      }
    },
    async look(ids) {
      const found = await context.find(ids);
      await remote.refold(await localWrites.journal(found));
      await dropLost(ids.filter((id) => !found.has(id)));
    },
    async comparePage(after) {
      const query = prepareQuery(documents.schema, {
        selector: { [primaryPath]: { $gt: after } },
        sort: [{ [primaryPath]: 'asc' }],
        skip: 0,
        limit: PAGE_DOCUMENTS,
      });
      const page = (await documents.query(query)).documents;
      await remote.refold(await localWrites.journal(context.byId(page)));
      return page.length < PAGE_DOCUMENTS ? undefined : (page[page.length - 1]?.[primaryPath] as string);
    },
  };
}
