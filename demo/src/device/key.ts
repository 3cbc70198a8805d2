/**
 * What opens this device's copy. It is always encrypted: under a password, or, until there is one, under a random key that
 * lies beside it, so that setting a password later is one change of keys and not another way of storing.
 */
import { type DeviceDatabase, openDevice } from '../database.ts';
import { KEY_ITEM, PASSWORD_ITEM, type Protection, protection } from './protection.ts';

const KEY_BYTES = 32;

/** Opens it with the key that lies beside it; makes both when this device has none yet. */
export async function openWithoutPassword(): Promise<DeviceDatabase> {
  const kept = localStorage.getItem(KEY_ITEM);
  const key = kept === null ? newKey() : bytesOf(kept);
  return openDevice(key);
}

/** @throws an error with the code `WRONG_PASSWORD` */
export async function openWithPassword(password: string): Promise<DeviceDatabase> {
  const db = await openDevice(password);
  // An earlier page was closed between changing the keys and noting it.
  note('password');
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
  const { encryptionOf } = await import('rxdb-p2p-encryption');
  const encryption = await encryptionOf(db);
  const before = current ?? bytesOf(localStorage.getItem(KEY_ITEM) ?? '');
  // A key that opens nothing yet is harmless, should the page be closed before the next line.
  const after = next ?? newKey();
  await encryption.changePassword(before, after);
  note(next === undefined ? 'key' : 'password');
  // Somebody may have a copy of the disk with the key before on it.
  return { again: encryption.rotateKey({ secrets: [after] }) };
}

function newKey(): Uint8Array {
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  localStorage.setItem(KEY_ITEM, btoa(String.fromCharCode(...key)));
  return key;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function note(now: Exclude<Protection, 'new'>): void {
  if (protection() === now) return;
  if (now === 'key') {
    localStorage.removeItem(PASSWORD_ITEM);
  } else {
    localStorage.setItem(PASSWORD_ITEM, 'yes');
    localStorage.removeItem(KEY_ITEM);
  }
}
