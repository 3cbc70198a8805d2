/** Slots: who may open a database. Each wraps the same data key under another secret. */
import { randomBytes } from '@noble/ciphers/utils.js';
import { hex } from '../cipher/bytes.ts';
import { EncryptionError } from '../errors.ts';
import { type DataKey, dataKey } from './data-key.ts';
import { KEY_BYTES, KEY_ID_BYTES, MAX_SLOTS, SLOT_ID_BYTES } from './key-limits.ts';
import type { KeyRow } from './key-row.ts';
import type { Secret } from './secret.ts';
import { unwrapKey, type WrappedKey, wrapKey } from './wrapped-key.ts';

export interface OpenedSlot {
  /** the first slot that the secret opens */
  readonly slot: WrappedKey;
  readonly key: DataKey;
}

/**
 * Tries the secret on every slot of its kind, also after one has opened: time tells nothing about the password.
 *
 * @throws EncryptionError `WRONG_PASSWORD`, `KEYS_UNREADABLE` where damaged slots may be the reason
 */
export async function openSlots(row: KeyRow, secret: Secret): Promise<OpenedSlot> {
  let opened: OpenedSlot | undefined;
  for (const slot of row.slots) {
    const key = await unwrapKey(secret, slot, row.databaseId);
    if (key !== undefined) opened ??= { slot, key: dataKey(slot.keyId, key, row.databaseId) };
  }
  if (opened !== undefined) return opened;
  if (row.damaged.size > 0) {
    throw new EncryptionError('KEYS_UNREADABLE', 'the password opens no slot, and slots are damaged', {
      got: `damaged slots ${[...row.damaged.keys()].map(shortId).join(', ')}`,
      hint: 'try another password or a recovery key, or restore the database',
    });
  }
  throw new EncryptionError('WRONG_PASSWORD', 'the password is not one of this database', {
    hint: 'nothing has been read or written; try again',
  });
}

export function newDataKey(databaseId: Uint8Array): DataKey {
  return dataKey(randomBytes(KEY_ID_BYTES), randomBytes(KEY_BYTES), databaseId);
}

export function newSlot(secret: Secret, key: DataKey, databaseId: Uint8Array): Promise<WrappedKey> {
  return wrapAs(randomBytes(SLOT_ID_BYTES), secret, key, databaseId);
}

export function wrapAs(slotId: Uint8Array, secret: Secret, key: DataKey, databaseId: Uint8Array): Promise<WrappedKey> {
  return wrapKey(secret, { databaseId, keyId: key.id, slotId, key: key.key });
}

export async function changeSecret(row: KeyRow, before: Secret, after: Secret): Promise<KeyRow> {
  const { slot, key } = await openSlots(row, before);
  const changed = await wrapAs(slot.slotId, after, key, row.databaseId);
  return { ...row, slots: row.slots.map((other) => (other === slot ? changed : other)) };
}

export async function addSlot(
  row: KeyRow,
  current: Secret,
  added: Secret,
): Promise<KeyRow & { readonly slotId: string }> {
  const { key } = await openSlots(row, current);
  if (row.slots.length + row.damaged.size >= MAX_SLOTS) {
    throw new EncryptionError('SLOTS_FULL', 'this database has as many passwords and recovery keys as it can', {
      expected: `fewer than ${MAX_SLOTS} slots`,
      got: `${row.slots.length} slots, and ${row.damaged.size} damaged ones`,
      hint: 'remove one first',
    });
  }
  const slot = await newSlot(added, key, row.databaseId);
  return { ...row, slots: [...row.slots, slot], slotId: hex(slot.slotId) };
}

/** The secret must open one of the slots that stay. */
export async function removeSlot(row: KeyRow, current: Secret, slotId: string): Promise<KeyRow> {
  const slots = row.slots.filter((slot) => hex(slot.slotId) !== slotId);
  if (slots.length === row.slots.length && !row.damaged.has(slotId)) {
    throw new EncryptionError('SLOT_UNKNOWN', 'there is no such slot', { got: shortId(slotId) });
  }
  if (slots.length === 0) {
    throw new EncryptionError('LAST_SLOT', 'the last slot cannot be removed: nobody could open the database');
  }
  await openSlots({ ...row, slots, damaged: new Map() }, current);
  return { ...row, slots, damaged: new Map([...row.damaged].filter(([id]) => id !== slotId)) };
}

/**
 * All slots wrapped around a new key.
 *
 * @throws EncryptionError `SLOTS_LEFT` when a slot would be lost that nobody said may go
 */
export async function rewrapSlots(
  row: KeyRow,
  secrets: readonly Secret[],
  key: DataKey,
  removeOthers: boolean,
): Promise<{ readonly slots: readonly WrappedKey[]; readonly before: DataKey }> {
  const slots: WrappedKey[] = [];
  let before: DataKey | undefined;
  for (const secret of secrets) {
    const opened = await openSlots(row, secret);
    before ??= opened.key;
    if (slots.some(({ slotId }) => hex(slotId) === hex(opened.slot.slotId))) continue;
    slots.push(await wrapAs(opened.slot.slotId, secret, key, row.databaseId));
  }
  const lost = row.slots.length + row.damaged.size - slots.length;
  if (before === undefined || (lost > 0 && !removeOthers)) {
    throw new EncryptionError('SLOTS_LEFT', 'a new key has to be wrapped under every password and recovery key', {
      expected: `the secrets of ${row.slots.length + row.damaged.size} slots, or removeOtherSlots: true`,
      got: `those of ${slots.length}`,
    });
  }
  return { slots, before };
}

/** Names of damaged slots can be anything. */
export function shortId(id: string): string {
  return id.slice(0, 2 * SLOT_ID_BYTES);
}
