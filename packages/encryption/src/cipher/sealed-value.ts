/**
 * What is stored in place of secrets: one value for all encrypted fields of a document, one for each attachment. Integers
 * little endian:
 *
 * ```
 *   0  u8      format version, 1
 *   1  u8      kind: 1 document, 2 attachment
 *   2  u16     0
 *   4  8       id of the data key
 *  12  24      nonce
 *  36          ciphertext, and its tag of 16 bytes
 * ```
 *
 * Associated data: the SHA-256 of label, database id, collection, schema version and encrypted paths, each behind its length;
 * bytes 0 to 11; as JSON, of a document its id, `_rev`, `_deleted` and `_meta.lwt`, of an attachment the document's id, its
 * own id, its digest and its name in the storage. So a value opens only where, and in the revision for which, it was sealed.
 */

import { randomBytes } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { DataKey } from '../keys/data-key.ts';
import { NONCE_BYTES, TAG_BYTES } from '../keys/key-limits.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { open, type Random, sealInto } from './aead.ts';
import { concat, framed, hex, utf8 } from './bytes.ts';

export type ValueKind = 'document' | 'attachment';

export type Opened =
  | { readonly plaintext: Uint8Array }
  /** sealed with a key that is not known here; its hex id */
  | { readonly unknownKey: string }
  | { readonly damage: string };

const FORMAT = 1;
const KINDS: readonly ValueKind[] = ['document', 'attachment'];
const KEY_ID_AT = 4;
/** A multiple of four: the cipher works on words. */
const NONCE_AT = 12;
/** what comes before the nonce */
export const VALUE_HEADER_BYTES: number = NONCE_AT;
export const VALUE_OVERHEAD_BYTES: number = NONCE_AT + NONCE_BYTES + TAG_BYTES;

export interface ValueContext {
  readonly databaseId: Uint8Array;
  readonly collection: string;
  readonly schemaVersion: number;
  /** encrypted paths of the schema, in its order */
  readonly paths: readonly string[];
}

/** What a value belongs to in its context: plain JSON. */
export type Place = readonly (string | number | boolean)[];

export interface ValueSealer {
  seal(key: DataKey, plaintext: Uint8Array, place: Place): Uint8Array<ArrayBuffer>;
  open(ring: KeyRing, sealed: Uint8Array, place: Place): Opened;
}

/** Nonces are drawn for so many values at once: a call of the system's generator costs more than a small value. */
const NONCES_AT_ONCE = 128;

export function createValueSealer(kind: ValueKind, context: ValueContext): ValueSealer {
  const { databaseId, collection, schemaVersion, paths } = context;
  const texts = [collection, String(schemaVersion), JSON.stringify(paths)].map(utf8);
  const contextHash = sha256(framed([utf8(`rxdb-p2p-encryption 1 ${kind}`), databaseId, ...texts]));
  const kindCode = KINDS.indexOf(kind) + 1;
  const keyOf = (key: DataKey): Uint8Array => (kind === 'document' ? key.documents : key.attachments);
  // JSON, unlike UTF-8, tells lone surrogates from each other.
  const associated = (sealed: Uint8Array, place: Place): Uint8Array =>
    concat([contextHash, sealed.subarray(0, NONCE_AT), utf8(JSON.stringify(place))]);
  let drawn = new Uint8Array();
  const nextNonce: Random = (length) => {
    if (drawn.length < length) drawn = randomBytes(length * NONCES_AT_ONCE);
    const nonce = drawn.slice(0, length);
    drawn = drawn.subarray(length);
    return nonce;
  };
  return {
    seal(key, plaintext, place) {
      const sealed = new Uint8Array(plaintext.length + VALUE_OVERHEAD_BYTES);
      sealed[0] = FORMAT;
      sealed[1] = kindCode;
      sealed.set(key.id, KEY_ID_AT);
      sealInto(sealed, NONCE_AT, keyOf(key), plaintext, associated(sealed, place), nextNonce);
      return sealed;
    },
    open(ring, sealed, place) {
      if (sealed.length < VALUE_OVERHEAD_BYTES) return { damage: 'too short' };
      if (sealed[0] !== FORMAT) return { damage: 'another format version' };
      if (sealed[1] !== kindCode || sealed[2] !== 0 || sealed[3] !== 0) return { damage: 'another kind of value' };
      const name = keyNameOf(sealed);
      const key = ring.get(name);
      if (key === undefined) return { unknownKey: name };
      const plaintext = open(keyOf(key), sealed.subarray(NONCE_AT), associated(sealed, place));
      return plaintext === undefined ? { damage: 'not what was sealed here' } : { plaintext };
    },
  };
}

/** Hex id of the key that a value names. */
export function keyNameOf(sealed: Uint8Array): string {
  return hex(sealed.subarray(KEY_ID_AT, NONCE_AT));
}
