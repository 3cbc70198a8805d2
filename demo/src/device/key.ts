/**
 * What opens this device's copy. It is always encrypted: under a password, or, until there is one, under a random key that
 * lies beside it, so that setting a password later is one change of keys and not another way of storing.
 */
import { encryptionOf } from 'rxdb-p2p-encryption';
import { type DeviceDatabase, openDevice } from '../database.ts';
import { keepKey, keptKey } from './key-store.ts';

const KEY_BYTES = 32;

/**
 * Opens it with the key that lies beside it; makes both when this device has none yet.
 *
 * @returns undefined: it takes a password
 */
export async function openWithoutPassword(): Promise<DeviceDatabase | undefined> {
  const { key } = await keptKey({ key: newKey() });
  return key === undefined ? undefined : openDevice(key);
}

/** @throws an error with the code `WRONG_PASSWORD` */
export async function openWithPassword(password: string): Promise<DeviceDatabase> {
  const db = await openDevice(password);
  // A key that an interrupted change has left does not open anything.
  await keepKey({});
  return db;
}

/**
 * @param current the password; undefined: there is none yet
 * @param next undefined: no password from now on
 * @returns resolves when the new one is what opens the copy. What has been stored is encrypted again under another key after
 * that, while the copy is used: `again`
 */
export async function changePassword(
  db: DeviceDatabase,
  current: string | undefined,
  next: string | undefined,
): Promise<{ readonly again: Promise<void> }> {
  const encryption = await encryptionOf(db);
  const before = current ?? (await keptKey({})).key ?? '';
  const after = next ?? newKey();
  // Whatever is interrupted: a key that is kept is tried first, and where it opens nothing, the password is asked for.
  if (typeof after !== 'string') await keepKey({ key: after });
  await encryption.changePassword(before, after);
  if (typeof after === 'string') await keepKey({});
  // Somebody may have a copy of the disk with the key before on it.
  return { again: encryption.rotateKey({ secrets: [after] }) };
}

function newKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES));
}
