/** The RxDB plugin: `collection.syncP2P(topic, options)`. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection, RxDatabase, RxPlugin } from 'rxdb';
import { now } from 'rxdb';
import { loadPart } from '../load-part.ts';
import type { DatabaseNode } from '../pool/database-node.ts';
import type { P2PPool, SyncP2POptions } from '../pool/types.ts';
import { resolveOptions } from './options.ts';

declare module 'rxdb' {
  interface RxCollectionGenerated<RxDocumentType, OrmMethods, Reactivity> {
    /**
     * Holds the same documents as every other device that opened the same topic: live, offline first, over WebRTC.
     * Returns at once; what happens is on the pool's observables.
     *
     * @param topic names the group of devices: 1 to 512 bytes of UTF-8
     * @throws P2PError (as a rejection) `TOPIC_INVALID`, `OPTIONS_INVALID`, `OPTIONS_DIFFER`, `SECRET_INVALID`,
     * `SECRET_TOO_SHORT`, `SIGNALING_REQUIRED`, `SIGNALING_URL_INVALID`, `ATTACHMENTS_UNSUPPORTED`, `INSECURE_CONTEXT`,
     * `COLLECTION_CLOSED`, `TRANSPORT_NOT_LOADED`
     */
    syncP2P(topic: string, options?: SyncP2POptions): Promise<P2PPool<RxDocumentType>>;
  }
}

/** One node for each open database; it goes with the database. */
const nodes = new WeakMap<RxDatabase, DatabaseNode>();

/** @throws P2PError `TRANSPORT_NOT_LOADED` */
async function nodeOf(database: RxDatabase): Promise<DatabaseNode> {
  // Nearly all of this package: an application starts without it.
  const { createDatabaseNode } = await loadPart(() => import('../pool/database-node.ts'));
  const known = nodes.get(database);
  if (known !== undefined) return known;
  const node = createDatabaseNode(database);
  nodes.set(database, node);
  return node;
}

async function syncP2P(this: RxCollection, topic: string, options: SyncP2POptions = {}): Promise<P2PPool> {
  const resolved = resolveOptions(this, topic, options);
  if (this.schema.jsonSchema.attachments !== undefined) {
    throw new P2PError('ATTACHMENTS_UNSUPPORTED', `collection ${this.name} has attachments, which are not synced yet`, {
      hint: 'remove `attachments` from its schema, or keep files in a collection of their own',
    });
  }
  const node = await nodeOf(this.database);
  if (this.closed) throw new P2PError('COLLECTION_CLOSED', `collection ${this.name} is closed`);
  return node.open(this, resolved);
}

export const RxDBP2PPlugin: RxPlugin = {
  name: 'rxdb-p2p',
  rxdb: true,
  prototypes: {
    // RxDB passes prototypes as the types of instances.
    RxCollection: (prototype) => {
      Object.assign(prototype, { syncP2P });
    },
  },
  hooks: {
    createRxCollection: {
      after: ({ collection }) => holdCleanup(collection),
    },
    postRemoveRxCollection: {
      after: async ({ storage, databaseName, collectionName }) =>
        (await loadRemoval()).removeJournal(storage, databaseName, collectionName),
    },
    postRemoveRxDatabase: {
      after: async ({ storage, databaseName }) => (await loadRemoval()).removeDatabase(storage, databaseName),
    },
  },
};

function loadRemoval(): Promise<typeof import('./sidecar-removal.ts')> {
  return loadPart(() => import('./sidecar-removal.ts'));
}

/** How long a delete may take from its time stamp to the disk, at most, on a device under load; milliseconds. */
const DELETE_WITHIN_MS = 5_000;

/**
 * RxDB's cleanup waits for the journal, or does nothing. What is deleted while the journal is written stays for the next
 * one: a document that is gone without a journaled delete would be taken for lost, and come back.
 */
function holdCleanup(collection: RxCollection): void {
  const storage = collection.internalStorageInstance;
  const original = storage.cleanup;
  storage.cleanup = async (minimumDeletedTime) => {
    const before = now();
    if (!(await (await nodeOf(collection.database)).mayCleanUp(collection))) return true;
    const youngest = now() - before + DELETE_WITHIN_MS;
    return original.call(storage, Math.max(minimumDeletedTime, youngest));
  };
}
