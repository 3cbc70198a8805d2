/** The one error class of this package: a stable code, what was expected, what was got, what to do. Never a secret. */

export type EncryptionErrorCode =
  | 'PASSWORD_REQUIRED'
  | 'PASSWORD_INVALID'
  | 'WRONG_PASSWORD'
  | 'KEYS_UNREADABLE'
  | 'KEY_UNKNOWN'
  | 'VALUE_UNREADABLE'
  | 'QUERY_ENCRYPTED_FIELD'
  | 'SCHEMA_UNSUPPORTED'
  | 'SLOTS_FULL'
  | 'SLOT_UNKNOWN'
  | 'LAST_SLOT'
  | 'SLOTS_LEFT'
  | 'LOCKS_UNAVAILABLE'
  | 'NOT_ENCRYPTED'
  | 'STORAGE_FAILED'
  | 'CLOSED';

export interface EncryptionErrorDetails {
  /** what was expected, in words */
  readonly expected?: string | undefined;
  /** what was got, in words; never a secret, and nothing that depends on one */
  readonly got?: string | undefined;
  /** what the reader can do about it */
  readonly hint?: string | undefined;
  /** name of the collection, or of the storage instance beside one */
  readonly collection?: string | undefined;
  /** primary key of the document */
  readonly document?: string | undefined;
  /** the encrypted paths, or the ids of attachments, that are concerned */
  readonly fields?: readonly string[] | undefined;
}

export class EncryptionError extends Error {
  override readonly name = 'EncryptionError';
  readonly code: EncryptionErrorCode;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly hint: string | undefined;
  readonly collection: string | undefined;
  readonly document: string | undefined;
  readonly fields: readonly string[] | undefined;

  constructor(code: EncryptionErrorCode, message: string, details: EncryptionErrorDetails = {}) {
    const { expected, got, hint, collection, document, fields } = details;
    const parts = [
      `${code}: ${message}`,
      collection === undefined ? '' : `collection ${collection}`,
      document === undefined ? '' : `document ${document}`,
      fields === undefined ? '' : `fields ${fields.join(', ')}`,
      expected === undefined ? '' : `expected ${expected}`,
      got === undefined ? '' : `got ${got}`,
      hint ?? '',
    ];
    super(parts.filter((part) => part !== '').join('; '));
    this.code = code;
    this.expected = expected;
    this.got = got;
    this.hint = hint;
    this.collection = collection;
    this.document = document;
    this.fields = fields;
  }
}
