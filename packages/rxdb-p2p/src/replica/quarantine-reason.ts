/** Why a version is kept aside, not shown: a closed union. The verdict depends on version, schema and limits alone. */

export const QUARANTINE_REASONS = [
  /** The body is larger than `MAX_BODY_BYTES`, so it did not travel. */
  'TOO_LARGE',
  'NOT_JSON',
  'NOT_AN_OBJECT',
  /** The primary key in the document is not the id under which the version came. */
  'PRIMARY_KEY_DIFFERS',
  /** `_rev`, `_meta`, `_deleted` or `_attachments` as a field. */
  'RESERVED_FIELD',
  /** A key `__proto__`, or a name of a field that could not travel in a later version. */
  'UNSAFE_KEY',
  'TOO_DEEP',
  /** A number that JSON text can say and a double cannot hold: it would read back as `null`. */
  'NUMBER_OUT_OF_RANGE',
  'SCHEMA',
  /** All is well with it, but the storage of this device did not take it. Tried again at the next start. */
  'STORAGE_REFUSED',
] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

export interface ContentProblem {
  readonly reason: QuarantineReason;
  /** for people */
  readonly text: string;
}
