/**
 * All of RxDB and of its synchronisation in this application: one encrypted database on each device, and in it one
 * collection for each board, which the devices of its people keep the same.
 */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { type P2PPool, RxDBP2PPlugin } from 'rxdb-p2p';
import { encryptedStorage } from 'rxdb-p2p-encryption';
import { type Board, boardSchema, type DeviceSettings, deviceSchema, type Note, noteSchema } from './schemas.ts';

addRxPlugin(RxDBP2PPlugin);

export type DeviceDatabase = RxDatabase<{ boards: RxCollection<Board>; device: RxCollection<DeviceSettings> }>;

/** @param password what a person typed, or 32 random bytes that this device keeps */
export async function openDevice(password: string | Uint8Array, name = 'boards'): Promise<DeviceDatabase> {
  const storage = encryptedStorage({ storage: getRxStorageDexie() });
  const db: DeviceDatabase = await createRxDatabase({ name, storage, password, closeDuplicates: true });
  await db.addCollections({ boards: { schema: boardSchema }, device: { schema: deviceSchema } });
  return db;
}

export async function openNotes(db: DeviceDatabase, board: Board): Promise<RxCollection<Note>> {
  const name = `board-${board.id}`;
  const { [name]: notes } = await db.addCollections({ [name]: { schema: noteSchema } });
  return notes as unknown as RxCollection<Note>;
}

/** From here on every device that has the board holds the same notes. */
export function syncNotes(
  notes: RxCollection<Note>,
  { topic, secret, signaling }: Board,
  iceServers: readonly RTCIceServer[] = [],
): Promise<P2PPool<Note>> {
  return notes.syncP2P(topic, { secret, signaling, namespace: 'rxdb-p2p-demo', iceServers });
}
