/** rxdb-p2p-encryption: encryption at rest for any RxDB storage. */

export { createRecoveryKey, type Encryption, encryptionOf, type RotateKeyOptions, type Slot } from './encryption.ts';
export { EncryptionError, type EncryptionErrorCode } from './errors.ts';
export type { Secret } from './keys/secret.ts';
export {
  type CryptoJsMigrationOptions,
  type CryptoJsMigrationResult,
  migrateFromCryptoJs,
} from './migration/from-crypto-js.ts';
export type { RotationState } from './rotation/rotation.ts';
export {
  ENCRYPTION,
  type EncryptedStorage,
  type EncryptedStorageOptions,
  encryptedStorage,
} from './storage/encrypted-storage.ts';
