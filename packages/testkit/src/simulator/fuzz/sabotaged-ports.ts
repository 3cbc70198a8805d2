/** Seeded bugs at the ports of a device: its documents, its journal, the journal's storage, and the replica. */
import type { Body, Head } from '@rxdb-p2p/protocol';
import type {
  CollectionReplica,
  DocumentStorage,
  Journal,
  JournalChange,
  Sidecar,
  StoredDocument,
} from 'rxdb-p2p/testing';
import { WRITE_CONTEXT } from 'rxdb-p2p/testing';
import type { SeededBug } from './seeded-bug.ts';

/** An object with some of its members replaced. */
function changed<T extends object>(part: T, members: Partial<T>): T {
  return Object.create(part, Object.getOwnPropertyDescriptors(members)) as T;
}

const commits =
  (change: (change: JournalChange) => JournalChange) =>
  (journal: Journal): Journal =>
    changed(journal, { commit: (given) => journal.commit(change(given)) });

function without<T extends object>(part: T, key: keyof T): T {
  const rest = { ...part };
  delete rest[key];
  return rest;
}

export const sabotagedPorts: readonly SeededBug[] = [
  {
    name: 'a fold is written before the journal says so',
    sabotage: {
      journal: commits((change) => ({
        ...change,
        records: (change.records ?? []).filter(({ pending }) => pending === undefined),
      })),
    },
  },
  {
    name: 'scans follow dots instead of lsns',
    sabotage: {
      journal: (journal) => {
        const order = ({ heads: [first] }: { readonly heads: readonly { readonly head: Head }[] }): string =>
          `${first?.head.actor} ${String(first?.head.seq).padStart(6, '0')}`;
        return changed(journal, {
          above: (from, most) =>
            journal
              .above(0, Number.MAX_SAFE_INTEGER)
              .sort((a, b) => (order(a) < order(b) ? -1 : 1))
              .map((record, i) => ({ ...record, lsn: i + 1 }))
              .filter(({ lsn }) => lsn > from)
              .slice(0, most),
        });
      },
    },
  },
  {
    name: 'every batch claims the whole vector',
    sabotage: {
      replica: (replica) =>
        changed(replica, {
          read: async (vector, cursor) => ({ ...(await replica.read(vector, cursor)), claim: replica.vector }),
        }),
    },
  },
  {
    name: 'versions that break the schema are refused',
    shows: ({ breaks }) => breaks,
    sabotage: {
      replica: (replica) =>
        changed(replica, {
          apply: (incoming) =>
            replica.apply({
              ...incoming,
              versions: incoming.versions.filter(({ body }) => typeof parse(body)['count'] !== 'string'),
            }),
        }),
    },
  },
  { name: 'records of deleted documents are dropped', sabotage: { replica: forgetDeleted } },
  { name: 'what an event says is taken for what the document is', sabotage: { documents: believeEvents } },
  {
    name: 'two leaders append to one journal',
    sabotage: {
      sidecar: (sidecar) =>
        changed(sidecar, {
          async insert(rows) {
            await sidecar.insert(rows);
            return true;
          },
        }),
    },
  },
  { name: 'the last number of a write is used again after a restart', sabotage: { journal: reuseSeq } },
  {
    name: 'compaction drops the old segments first',
    shows: ({ segments }) => segments !== undefined,
    sabotage: { sidecar: dropFirst },
  },
  {
    name: 'a commit counts before the storage has it',
    sabotage: {
      sidecar: (sidecar) =>
        changed(sidecar, {
          async insert(rows) {
            sidecar.insert(rows).catch(() => undefined);
            return true;
          },
        }),
    },
  },
  {
    name: 'the vector still covers what the storage has lost',
    shows: ({ steps }) => steps.some((step) => step.do === 'rot'),
    sabotage: { journal: commits((change) => (change.dropped === undefined ? change : without(change, 'vector'))) },
  },
  {
    name: 'a claim is stored before what it claims',
    sabotage: {
      replica: (replica) =>
        changed(replica, {
          async apply(incoming) {
            if (incoming.claim !== null) await replica.apply({ ...incoming, versions: [] });
            await replica.apply({ ...incoming, claim: null });
          },
        }),
    },
  },
  {
    name: 'deletes are not sent to those who catch up',
    sabotage: {
      replica: (replica) =>
        changed(replica, {
          async read(vector, cursor) {
            const batch = await replica.read(vector, cursor);
            return { ...batch, versions: batch.versions.filter(({ head }) => !head.deleted) };
          },
        }),
    },
  },
  {
    name: 'our own writes are taken for those of a person',
    sabotage: {
      documents: (documents) =>
        changed(documents, {
          bulkWrite: (rows, context) =>
            documents.bulkWrite(
              rows.map((row) => ({ ...row, document: { ...row.document, _rev: `${row.document._rev}x` } })),
              context,
            ),
        }),
    },
  },
  {
    name: 'a cursor moves on although its batch was not stored',
    sabotage: {
      replica: (replica) =>
        changed(replica, {
          async apply(incoming) {
            if (incoming.cursor === null || incoming.claim !== null) return replica.apply(incoming);
            // The batch is lost whenever the next one comes at once.
            await replica.apply({ ...incoming, versions: incoming.versions.slice(1) });
          },
        }),
    },
  },
];

function parse(body: string | undefined): Body {
  return body === undefined ? {} : (JSON.parse(body) as Body);
}

function forgetDeleted(replica: CollectionReplica): CollectionReplica {
  const { journal } = replica;
  return changed(replica, {
    async start(stolen) {
      const all = [...journal.records.values()].filter(({ heads }) => heads.every(({ head }) => head.deleted));
      await journal.commit({ dropped: all.map(({ id }) => id) });
      await replica.start(stolen);
    },
  });
}

function believeEvents(documents: DocumentStorage): DocumentStorage {
  const told = new Map<string, StoredDocument>();
  documents.changeStream().subscribe(({ events, context }) => {
    if (context.startsWith(WRITE_CONTEXT)) return;
    for (const { documentId, documentData } of events) told.set(documentId, documentData as StoredDocument);
  });
  return changed(documents, {
    async findDocumentsById(ids, withDeleted) {
      const found = await documents.findDocumentsById(ids, withDeleted);
      return found.map((document) => {
        const id = document['id'] as string;
        const believed = told.get(id) ?? document;
        told.delete(id);
        return believed;
      });
    },
  });
}

function reuseSeq(journal: Journal): Journal {
  let minted = false;
  return changed(journal, {
    get seq() {
      return minted ? journal.seq : Math.max(0, journal.seq - 1);
    },
    async commit(change) {
      minted ||= change.seq !== undefined;
      await journal.commit(change);
    },
  });
}

function dropFirst(sidecar: Sidecar): Sidecar {
  return changed(sidecar, {
    async insert(rows) {
      const begins = rows.some(({ key }) => key.startsWith('p') && key.endsWith('-000000'));
      if (begins) {
        const keys = (await sidecar.readAll()).map(({ key }) => key);
        await sidecar.remove(keys.filter((key) => key.startsWith('s')));
      }
      return sidecar.insert(rows);
    },
  });
}
