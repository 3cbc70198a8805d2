/** A person at a simulated device: reads and writes documents as RxDB's outer layer would. */
import { prepareQuery } from 'rxdb';
import type { DocumentStorage, StoredDocument } from 'rxdb-p2p/testing';

export interface SimDocument {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** `undefined`: no document, before or after. */
export type Change = (before: SimDocument | undefined) => SimDocument | undefined;

/** What was written at a device by hand, in all its processes. Revisions are unique among all devices. */
export interface HandWrites {
  /** revision → the revision that the writer saw; empty: no document */
  readonly madeOn: Map<string, string>;
  /** revision → the name that the test gave to the write */
  readonly labels: Map<string, string>;
  /** revisions of documents that were inserted over a deleted one: nothing of it stays in them */
  readonly insertedAgain: Set<string>;
}

export function createHandWrites(): HandWrites {
  return { madeOn: new Map(), labels: new Map(), insertedAgain: new Set() };
}

export interface User {
  /** Resolves once the storage has it. A change from no document to none writes nothing. */
  write(id: string, change: Change, label?: string): Promise<void>;
  /** Documents that are shown, by id. */
  documents(): Promise<ReadonlyMap<string, SimDocument>>;
  /** Revisions of all documents, deleted ones too. */
  revisions(): Promise<ReadonlyMap<string, string>>;
}

export interface UserDeps {
  readonly documents: DocumentStorage;
  readonly now: () => number;
  readonly randomId: (bytes: number) => string;
  readonly handWrites: HandWrites;
}

/** Names writes by hand in change events. */
export const USER_CONTEXT = 'simulated-user';

export function createUser({ documents, now, randomId, handWrites }: UserDeps): User {
  const readAll = async (): Promise<readonly StoredDocument[]> => {
    const all = prepareQuery(documents.schema, { selector: {}, sort: [{ id: 'asc' }], skip: 0 });
    return (await documents.query(all)).documents;
  };

  return {
    async write(id, change, label) {
      for (;;) {
        const [previous] = await documents.findDocumentsById([id], true);
        const before = previous === undefined || previous._deleted ? undefined : strip(previous);
        const after = change(before);
        if (after === undefined && before === undefined) return;
        const height = Number.parseInt(previous?._rev ?? '0', 10) + 1;
        const body = after ?? (before as SimDocument);
        const document: StoredDocument = {
          ...body,
          _deleted: after === undefined,
          _attachments: {},
          // RxDB drops the other entries of _meta when a deleted document is inserted again.
          _meta: { ...(before === undefined ? {} : previous?._meta), lwt: now() },
          _rev: `${height}-${randomId(6)}`,
        };
        const row = previous === undefined ? { document } : { previous, document };
        handWrites.madeOn.set(document._rev, previous?._rev ?? '');
        if (previous?._deleted === true) handWrites.insertedAgain.add(document._rev);
        if (label !== undefined) handWrites.labels.set(document._rev, label);
        const { error } = await documents.bulkWrite([row], USER_CONTEXT);
        if (error.length === 0) return;
      }
    },
    async documents() {
      const found = (await readAll()).filter(({ _deleted }) => !_deleted);
      return new Map(found.map((document) => [document['id'] as string, strip(document)]));
    },
    async revisions() {
      return new Map((await readAll()).map((document) => [document['id'] as string, document._rev]));
    },
  };
}

function strip(document: StoredDocument): SimDocument {
  const { _deleted, _attachments, _meta, _rev, ...body } = document;
  return body as SimDocument;
}
