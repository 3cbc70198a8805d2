/** What an application does with the encryption of an open database: passwords, keys, and what could not be read. */
import { randomBytes } from '@noble/ciphers/utils.js';
import type { RxDatabase } from 'rxdb';
import type { Observable } from 'rxjs';
import { hex } from './cipher/bytes.ts';
import { EncryptionError } from './errors.ts';
import { KEY_BYTES } from './keys/key-limits.ts';
import { checkSecret, type Secret } from './keys/secret.ts';
import { addSlot, changeSecret, removeSlot } from './keys/slots.ts';
import type { RotationState } from './rotation/rotation.ts';
import { ENCRYPTION, type EncryptedStorage } from './storage/encrypted-storage.ts';

export interface Slot {
  /** 16 hex digits */
  readonly id: string;
  /** undefined: it is damaged, and opens nothing */
  readonly kind: 'passphrase' | 'raw' | undefined;
}

export interface RotateKeyOptions {
  /** One for each password and recovery key that is to go on. */
  readonly secrets: readonly Secret[];
  /** Passwords and recovery keys that are not given stop working. Default: false, which refuses to lose one. */
  readonly removeOtherSlots?: boolean;
}

export interface Encryption {
  /** Values that cannot be read, slots that are damaged, rotations that fail: the last 100, then new ones. */
  readonly error$: Observable<EncryptionError>;
  slots(): Promise<readonly Slot[]>;
  /**
   * From now on `next` opens the database, and `current` does not. The data key stays the same: see `rotateKey`.
   *
   * @throws EncryptionError `WRONG_PASSWORD`, `PASSWORD_INVALID`
   */
  changePassword(current: Secret, next: Secret): Promise<void>;
  /**
   * Another password or recovery key, up to 8.
   *
   * @returns id of its slot
   * @throws EncryptionError `WRONG_PASSWORD`, `PASSWORD_INVALID`, `SLOTS_FULL`
   */
  addPassword(current: Secret, added: Secret): Promise<string>;
  /**
   * @param current opens one of the slots that stay
   * @throws EncryptionError `WRONG_PASSWORD`, `SLOT_UNKNOWN`, `LAST_SLOT`
   */
  removeSlot(id: string, current: Secret): Promise<void>;
  /**
   * Makes a new data key and encrypts everything again, while the database is used. An old password with an old copy of the
   * disk opens nothing that is written from then on. When the database is closed before the end, it goes on when it is
   * opened again.
   *
   * @returns when nothing is encrypted with the key before any more
   * @throws EncryptionError `WRONG_PASSWORD`, `SLOTS_LEFT`, `LOCKS_UNAVAILABLE`, `CLOSED`, `STORAGE_FAILED`
   */
  rotateKey(options: RotateKeyOptions): Promise<void>;
  readonly rotation$: Observable<RotationState>;
}

/** 32 random bytes: keep them somewhere safe, and give them as a password when the password is forgotten. */
export function createRecoveryKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/** @throws EncryptionError `NOT_ENCRYPTED` when the database has no `encryptedStorage`, or no password */
export async function encryptionOf(database: Pick<RxDatabase, 'name' | 'token' | 'storage'>): Promise<Encryption> {
  const storage = database.storage as Partial<EncryptedStorage<unknown, unknown>>;
  const opened = await storage[ENCRYPTION]?.find(database.token);
  if (opened === undefined) {
    throw new EncryptionError('NOT_ENCRYPTED', 'this database has no encryption', {
      expected: 'createRxDatabase({ storage: encryptedStorage({ storage }), password })',
      got: storage[ENCRYPTION] === undefined ? 'another storage' : 'no password',
    });
  }
  const { vault, problems, rotation } = opened;
  return {
    error$: problems.error$,
    rotation$: rotation.state$,
    async slots() {
      const { slots, damaged } = await vault.readRow();
      const readable = slots.map(({ slotId, kind }) => ({ id: hex(slotId), kind }));
      return [...readable, ...[...damaged.keys()].map((id) => ({ id, kind: undefined }))];
    },
    async changePassword(current, next) {
      const [before, after] = [checkSecret(current), checkSecret(next)];
      await vault.changeRow((row) => changeSecret(row, before, after));
    },
    async addPassword(current, added) {
      const [opens, extra] = [checkSecret(current), checkSecret(added)];
      return (await vault.changeRow((row) => addSlot(row, opens, extra))).slotId;
    },
    async removeSlot(id, current) {
      const opens = checkSecret(current);
      await vault.changeRow((row) => removeSlot(row, opens, id));
    },
    rotateKey({ secrets, removeOtherSlots = false }) {
      return rotation.start(secrets.map(checkSecret), removeOtherSlots);
    },
  };
}
