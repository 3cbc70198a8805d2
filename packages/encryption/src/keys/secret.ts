/** What a person or an application gives to open a database: a passphrase, or 32 bytes that are random already. */
import { EncryptionError } from '../errors.ts';
import { KEY_BYTES, MAX_PASSPHRASE_LENGTH, MIN_PASSPHRASE_LENGTH } from './key-limits.ts';

/**
 * A passphrase of 8 to 4,096 characters, or 32 random bytes: from a passkey's PRF extension, a keychain, or
 * `createRecoveryKey()`. Never 32 bytes made from a password: those are not stretched.
 */
export type Secret = string | Uint8Array;

/** @throws EncryptionError `PASSWORD_REQUIRED`, `PASSWORD_INVALID` */
export function checkSecret(secret: unknown): Secret {
  if (secret === undefined || secret === null) {
    throw new EncryptionError('PASSWORD_REQUIRED', 'an encrypted collection needs the password of its database', {
      expected: 'createRxDatabase({ password })',
      got: 'none',
    });
  }
  if (secret instanceof Uint8Array) {
    if (secret.length === KEY_BYTES) return secret;
    throw invalid(`a Uint8Array of ${secret.length} bytes`);
  }
  if (typeof secret !== 'string') throw invalid(`a value of type ${typeof secret}`);
  const { length } = normalise(secret);
  if (length < MIN_PASSPHRASE_LENGTH) throw invalid(`a passphrase of fewer than ${MIN_PASSPHRASE_LENGTH} characters`);
  if (length > MAX_PASSPHRASE_LENGTH) throw invalid(`a passphrase of more than ${MAX_PASSPHRASE_LENGTH} characters`);
  return secret;
}

/** Unicode's NFKC: the same passphrase typed on another keyboard or system gives the same bytes. */
export function normalise(passphrase: string): string {
  return passphrase.normalize('NFKC');
}

function invalid(got: string): EncryptionError {
  return new EncryptionError('PASSWORD_INVALID', 'the password cannot be used', {
    expected: `a passphrase of ${MIN_PASSPHRASE_LENGTH} to ${MAX_PASSPHRASE_LENGTH} characters, or a Uint8Array of ${KEY_BYTES} random bytes`,
    got,
  });
}
