/**
 * All of RxDB and of its synchronisation in this demo. Every list is a database of its own, so that two lists never
 * mix, and its name is the topic under which the devices of its people find each other.
 */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from 'rxdb';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { type P2PPool, RxDBP2PPlugin } from 'rxdb-p2p';

addRxPlugin(RxDBP2PPlugin);

export interface Item {
  readonly id: string;
  readonly text: string;
  readonly done: boolean;
  readonly note: string;
  /** Milliseconds since 1970; also the order of the list. */
  readonly createdAt: number;
}

export const TEXT_CHARACTERS = 500;
export const NOTE_CHARACTERS = 2000;

const itemSchema: RxJsonSchema<Item> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    text: { type: 'string', maxLength: TEXT_CHARACTERS },
    done: { type: 'boolean' },
    note: { type: 'string', maxLength: NOTE_CHARACTERS },
    createdAt: { type: 'integer' },
  },
  required: ['id', 'text', 'done', 'note', 'createdAt'],
};

export type ListDatabase = RxDatabase<{ items: RxCollection<Item> }>;

export async function openList(name: string): Promise<ListDatabase> {
  const db: ListDatabase = await createRxDatabase({
    name: `list-${name}`,
    storage: getRxStorageDexie(),
    closeDuplicates: true,
  });
  await db.addCollections({ items: { schema: itemSchema } });
  return db;
}

/** From here on every device that opened the same list holds the same items. */
export function syncList(db: ListDatabase, name: string): Promise<P2PPool<Item>> {
  return db.items.syncP2P(name, { signaling: signalingUrl(), namespace: 'rxdb-p2p-demo' });
}

/** The signaling server is the one in the address, `?signaling=https://…`, or port 8787 of the machine that serves this page. */
export function signalingUrl(page: URL = new URL(location.href)): string {
  return page.searchParams.get('signaling') ?? `${page.protocol}//${page.hostname}:8787`;
}
