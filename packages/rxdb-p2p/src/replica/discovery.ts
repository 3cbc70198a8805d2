/**
 * Finds what happened to the documents while nobody looked: writes that no event told of, and documents that the storage
 * has lost (ARCHITECTURE §4).
 */
import { getChangedDocumentsSince, prepareQuery } from 'rxdb';
import type { FirstDocuments } from './first-documents.ts';
import type { LocalWrites } from './local-writes.ts';
import type { LostStorage } from './lost-storage.ts';
import type { RemoteVersions } from './remote-versions.ts';
import type { ReplicaContext } from './replica-context.ts';

/** Where a page of a comparison begins. */
export interface ComparePlace {
  readonly deleted: boolean;
  /** after this id */
  readonly after: string;
}

export const COMPARE_START: ComparePlace = { deleted: false, after: '' };

export interface ComparedPage {
  /** of the documents that were there */
  readonly ids: readonly string[];
  /** undefined: that was the last page */
  readonly next: ComparePlace | undefined;
}

export interface Discovery {
  /** Journals all that the storage has by now, after the journal's checkpoint. */
  catchUp(): Promise<void>;
  /** Journals what these documents are, or that they are lost. */
  look(ids: readonly string[]): Promise<void>;
  /** Compares a page of documents with their records: those that live first, then those that are deleted. */
  comparePage(from: ComparePlace): Promise<ComparedPage>;
}

/** Documents read at once. */
export const PAGE_DOCUMENTS = 1_000;
/** Documents that a first start reads at once, before it goes on by pages. */
const FIRST_READ = 20_000;

export function createDiscovery(
  context: ReplicaContext,
  localWrites: LocalWrites,
  remote: RemoteVersions,
  lost: LostStorage,
  firstDocuments: FirstDocuments,
): Discovery {
  const { documents, journal, primaryPath } = context;

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
    firstDocuments.keep(first);
    return { checkpoint, complete };
  }

  return {
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
      await remote.refold(await lost.drop(ids.filter((id) => !found.has(id))));
    },
    async comparePage({ deleted, after }) {
      // Both parts of RxDB's index [_deleted, id]: any other query is answered by reading all documents, for every page.
      const query = prepareQuery(documents.schema, {
        selector: { _deleted: { $eq: deleted }, [primaryPath]: { $gt: after } } as never,
        sort: [{ [primaryPath]: 'asc' }],
        skip: 0,
        limit: PAGE_DOCUMENTS,
      });
      const page = (await documents.query(query)).documents;
      await remote.refold(await localWrites.journal(context.byId(page)));
      const ids = page.map((document) => document[primaryPath] as string);
      const last = ids[ids.length - 1];
      if (page.length === PAGE_DOCUMENTS && last !== undefined) return { ids, next: { deleted, after: last } };
      return { ids, next: deleted ? undefined : { deleted: true, after: '' } };
    },
  };
}
