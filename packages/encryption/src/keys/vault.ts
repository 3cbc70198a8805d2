/** The keys of one open database: found or made with its password, shared by all storage instances of the database. */
import { randomBytes } from '@noble/ciphers/utils.js';
import { EncryptionError } from '../errors.ts';
import type { DataKey } from './data-key.ts';
import { createKeyChannel, type KeyChannel } from './key-channel.ts';
import { DATABASE_ID_BYTES } from './key-limits.ts';
import { type KeyLocks, sealsLock } from './key-locks.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { decodeKeyRow, encodeKeyRow, type KeyRow } from './key-row.ts';
import type { KeyStore, StoredRow } from './key-store.ts';
import { openKey, readSealedKey } from './previous-key.ts';
import type { Secret } from './secret.ts';
import { newDataKey, newSlot, openSlots, shortId } from './slots.ts';

export interface Vault {
  readonly databaseId: Uint8Array;
  readonly ring: KeyRing;
  readonly channel: KeyChannel;
  readonly store: KeyStore;
  readonly locks: KeyLocks;
  /** Looks for a key that a value names: whether it is known now. */
  learn(name: string): Promise<boolean>;
  readRow(): Promise<KeyRow>;
  /** Reads the row, computes, and writes it back; again where another tab was faster. A single atomic write. */
  changeRow<Change extends KeyRow>(change: (row: KeyRow) => Promise<Change>): Promise<Change>;
  /** Seals with this key from now on. Resolves when nothing of this tab is sealed with another any more. */
  follow(key: DataKey): Promise<void>;
  close(): Promise<void>;
  /** Removes all keys from storage, and closes. */
  remove(): Promise<void>;
}

/** Primary key of the row with the wrapped keys. */
const ROW = 'keys';

/** Another tab that changes the row at the same moment wins once; nobody changes it dozens of times a second. */
const MAX_ATTEMPTS = 16;

/** Milliseconds until a key that nobody knew is looked for again: thousands of documents can name the same one. */
const UNKNOWN_MS = 5_000;
/** Damaged values can name any key. */
const MAX_UNKNOWN = 256;

export interface VaultDeps {
  readonly store: KeyStore;
  readonly locks: KeyLocks;
  readonly onError: (error: EncryptionError) => void;
}

/** @throws EncryptionError `WRONG_PASSWORD`, `KEYS_UNREADABLE` */
export async function openVault({ store, locks, onError }: VaultDeps, secret: Secret): Promise<Vault> {
  let { row, key } = await findOrMake(store, secret);
  const { databaseId } = row;
  let release = await locks.share(sealsLock(databaseId, key.name));
  // A rotation that began after the row was read may have found nobody who seals with its key.
  while (row.current !== key.name || (await readRow(store)).current !== key.name) {
    release();
    row = await readRow(store);
    key = (await openSlots(row, secret)).key;
    release = await locks.share(sealsLock(databaseId, key.name));
  }
  const ring = createKeyRing(key);
  addPrevious(row, ring, onError);
  for (const slot of row.damaged.keys()) {
    onError(
      new EncryptionError('KEYS_UNREADABLE', 'a slot of this database is damaged', { got: `slot ${shortId(slot)}` }),
    );
  }

  let following: Promise<void> = Promise.resolve();
  const follow = (next: DataKey): Promise<void> => {
    following = following.then(async () => {
      if (ring.current().name === next.name) return;
      const releaseNext = await locks.share(sealsLock(databaseId, next.name));
      await ring.switchTo(next);
      release();
      release = releaseNext;
    });
    return following;
  };
  const onAnnounced = (next: DataKey): void => {
    follow(next).catch((error: unknown) => onError(asEncryptionError(error)));
  };
  const channel = createKeyChannel({ databaseId, ring, onAnnounced });
  const unknownUntil = new Map<string, number>();
  let closed = false;
  const stop = (): void => {
    closed = true;
    channel.close();
    ring.close();
    release();
  };
  return {
    ...{ databaseId, ring, channel, store, locks, follow },
    async learn(name) {
      if (ring.get(name) !== undefined) return true;
      if (performance.now() < (unknownUntil.get(name) ?? 0)) return false;
      const stored = await readRow(store);
      const named = [stored.current, ...stored.previous.map((sealed) => readSealedKey(sealed)?.inside)];
      if (named.includes(name) && (await channel.learn(name))) return true;
      if (unknownUntil.size >= MAX_UNKNOWN) unknownUntil.clear();
      unknownUntil.set(name, performance.now() + UNKNOWN_MS);
      return false;
    },
    readRow: () => readRow(store),
    async changeRow(change) {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const before = await store.read(ROW);
        const changed = await change(decode(before));
        if (await store.write(ROW, encodeKeyRow(changed), before)) return changed;
      }
      throw new EncryptionError('STORAGE_FAILED', 'the wrapped keys were changed by others again and again', {
        hint: 'try again',
      });
    },
    async close() {
      if (closed) return;
      stop();
      await store.close();
    },
    async remove() {
      if (closed) return;
      stop();
      await store.remove();
    },
  };
}

async function findOrMake(store: KeyStore, secret: Secret): Promise<{ row: KeyRow; key: DataKey }> {
  for (;;) {
    const stored = await store.read(ROW);
    if (stored !== undefined) {
      const row = decode(stored);
      return { row, key: (await openSlots(row, secret)).key };
    }
    const databaseId = randomBytes(DATABASE_ID_BYTES);
    const key = newDataKey(databaseId);
    const slots = [await newSlot(secret, key, databaseId)];
    const row = { databaseId, current: key.name, slots, previous: [], damaged: new Map() };
    // Another tab that is faster makes the keys of this database.
    if (await store.write(ROW, encodeKeyRow(row), undefined)) return { row, key };
  }
}

function addPrevious(row: KeyRow, ring: KeyRing, onError: (error: EncryptionError) => void): void {
  for (const sealed of row.previous) {
    const under = ring.get(readSealedKey(sealed)?.under ?? '');
    const key = under === undefined ? undefined : openKey(under, sealed, row.databaseId, 'previous key');
    if (key !== undefined) ring.add(key);
    else {
      onError(
        new EncryptionError('KEYS_UNREADABLE', 'the key before the current one is damaged', {
          hint: 'what had not been encrypted again with the current key cannot be read',
        }),
      );
    }
  }
}

async function readRow(store: KeyStore): Promise<KeyRow> {
  return decode(await store.read(ROW));
}

function decode(stored: StoredRow | undefined): KeyRow {
  if (stored !== undefined) return decodeKeyRow(stored.text);
  throw new EncryptionError('KEYS_UNREADABLE', 'the wrapped keys of this database are gone', {
    hint: 'another tab has removed the database',
  });
}

export function asEncryptionError(error: unknown): EncryptionError {
  if (error instanceof EncryptionError) return error;
  return new EncryptionError('STORAGE_FAILED', 'the storage failed', {
    got: error instanceof Error ? error.message : typeof error,
  });
}
