/**
 * While a rotation is under way, the data key before it, sealed under the new one: whoever opens a slot can read what has
 * not been encrypted again yet. 90 bytes:
 *
 * ```
 *   0  u8      format version, 1
 *   1  u8      kind, 3
 *   2  8       id of the data key that it is sealed under
 *  10  8       id of the data key inside
 *  18  24      nonce
 *  42  48      ciphertext, tag
 * ```
 *
 * Associated data: a label, bytes 0 to 17, the random id of the database. The same bytes, under another label and the key
 * before, hand a new key over to other tabs; those are never stored.
 */
import { open, sealInto } from '../cipher/aead.ts';
import { framed, hex, utf8 } from '../cipher/bytes.ts';
import { type DataKey, dataKey, subkey } from './data-key.ts';
import { KEY_BYTES, KEY_ID_BYTES, NONCE_BYTES, TAG_BYTES } from './key-limits.ts';

const FORMAT = 1;
const KIND = 3;
const NONCE_AT = 18;
const SEALED_KEY_BYTES = NONCE_AT + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

export type SealedKeyUse = 'previous key' | 'handover';

export function sealKey(under: DataKey, inside: DataKey, databaseId: Uint8Array, use: SealedKeyUse): Uint8Array {
  const bytes = new Uint8Array(SEALED_KEY_BYTES);
  bytes[0] = FORMAT;
  bytes[1] = KIND;
  bytes.set(under.id, 2);
  bytes.set(inside.id, 2 + KEY_ID_BYTES);
  const wrapping = subkey(under.key, databaseId, use);
  sealInto(bytes, NONCE_AT, wrapping, inside.key, associatedData(bytes, databaseId, use));
  wrapping.fill(0);
  return bytes;
}

/** Ids, in hex, of the key that is needed and of the key inside. Undefined: of no known form. */
export function readSealedKey(bytes: Uint8Array): { readonly under: string; readonly inside: string } | undefined {
  if (bytes.length !== SEALED_KEY_BYTES || bytes[0] !== FORMAT || bytes[1] !== KIND) return undefined;
  return { under: hex(bytes.subarray(2, 10)), inside: hex(bytes.subarray(10, 18)) };
}

export function openKey(
  under: DataKey,
  bytes: Uint8Array,
  databaseId: Uint8Array,
  use: SealedKeyUse,
): DataKey | undefined {
  if (readSealedKey(bytes)?.under !== under.name) return undefined;
  const wrapping = subkey(under.key, databaseId, use);
  const key = open(wrapping, bytes.subarray(NONCE_AT), associatedData(bytes, databaseId, use));
  wrapping.fill(0);
  return key === undefined ? undefined : dataKey(bytes.slice(10, 18), key, databaseId);
}

function associatedData(bytes: Uint8Array, databaseId: Uint8Array, use: SealedKeyUse): Uint8Array {
  return framed([utf8(`rxdb-p2p-encryption ${use}`), bytes.subarray(0, NONCE_AT), databaseId]);
}
