/**
 * A data key, wrapped under a key that is derived from a secret: one slot. 126 bytes, integers little endian:
 *
 * ```
 *   0  u8      format version, 1
 *   1  u8      kind of secret: 1 passphrase (scrypt), 2 raw 32 bytes (HKDF)
 *   2  8       id of the data key
 *  10  8       id of the slot
 *  18  u32     scrypt N, r, p; 0, 0, 0 for raw secrets
 *  30  16      salt
 *  46  24      nonce
 *  70  48      ciphertext of the data key, tag
 * 118  8       checksum: the start of SHA-256(database id ‖ all before)
 * ```
 *
 * Associated data: a label, bytes 0 to 69, the random id of the database. The checksum proves nothing to an attacker; it
 * tells a damaged disk from a wrong password.
 */
import { equalBytes, randomBytes } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { open, sealInto } from '../cipher/aead.ts';
import { concat, framed, utf8 } from '../cipher/bytes.ts';
import { derive, stretch } from './derive.ts';
import {
  KEY_BYTES,
  KEY_ID_BYTES,
  MAX_SCRYPT_N,
  MIN_SCRYPT_N,
  NONCE_BYTES,
  SALT_BYTES,
  SCRYPT_N,
  SCRYPT_P,
  SCRYPT_R,
  SLOT_ID_BYTES,
} from './key-limits.ts';
import type { Secret } from './secret.ts';

export type SecretKind = 'passphrase' | 'raw';

export interface WrappedKey {
  readonly kind: SecretKind;
  readonly keyId: Uint8Array;
  readonly slotId: Uint8Array;
  readonly N: number;
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

const FORMAT = 1;
const KINDS: readonly SecretKind[] = ['passphrase', 'raw'];
const KEY_ID_AT = 2;
const SLOT_ID_AT = 10;
const SCRYPT_AT = 18;
const SALT_AT = 30;
const NONCE_AT = 46;
const CHECKSUM_AT = 118;
export const WRAPPED_KEY_BYTES: number = 126;

const LABEL = utf8('rxdb-p2p-encryption wrapped key');
const RAW_LABEL = 'rxdb-p2p-encryption 1 key from a raw secret';

export interface KeyToWrap {
  readonly databaseId: Uint8Array;
  readonly keyId: Uint8Array;
  readonly slotId: Uint8Array;
  readonly key: Uint8Array;
}

export async function wrapKey(secret: Secret, { databaseId, keyId, slotId, key }: KeyToWrap): Promise<WrappedKey> {
  const bytes = new Uint8Array(WRAPPED_KEY_BYTES);
  const view = new DataView(bytes.buffer);
  const kind = kindOf(secret);
  bytes[0] = FORMAT;
  bytes[1] = KINDS.indexOf(kind) + 1;
  bytes.set(keyId, KEY_ID_AT);
  bytes.set(slotId, SLOT_ID_AT);
  if (kind === 'passphrase') {
    view.setUint32(SCRYPT_AT, SCRYPT_N, true);
    view.setUint32(SCRYPT_AT + 4, SCRYPT_R, true);
    view.setUint32(SCRYPT_AT + 8, SCRYPT_P, true);
  }
  const salt = randomBytes(SALT_BYTES);
  bytes.set(salt, SALT_AT);
  const wrapping = await wrappingKey(secret, salt, SCRYPT_N);
  const nonce = randomBytes(NONCE_BYTES);
  bytes.set(nonce, NONCE_AT);
  sealInto(bytes, NONCE_AT, wrapping, key, associatedData(bytes, databaseId), () => nonce);
  wrapping.fill(0);
  bytes.set(checksum(bytes, databaseId), CHECKSUM_AT);
  return { kind, keyId, slotId, N: kind === 'passphrase' ? SCRYPT_N : 0, salt, bytes };
}

/** Undefined: damaged, or of a format that this version does not know. */
export function readWrappedKey(bytes: Uint8Array, databaseId: Uint8Array): WrappedKey | undefined {
  if (bytes.length !== WRAPPED_KEY_BYTES || bytes[0] !== FORMAT) return undefined;
  if (!equalBytes(bytes.subarray(CHECKSUM_AT), checksum(bytes, databaseId))) return undefined;
  const kind = KINDS[(bytes[1] ?? 0) - 1];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const N = view.getUint32(SCRYPT_AT, true);
  const r = view.getUint32(SCRYPT_AT + 4, true);
  const p = view.getUint32(SCRYPT_AT + 8, true);
  const powerOfTwo = (N & (N - 1)) === 0;
  const stretched = N >= MIN_SCRYPT_N && N <= MAX_SCRYPT_N && powerOfTwo && r === SCRYPT_R && p === SCRYPT_P;
  if (kind === undefined || !(kind === 'passphrase' ? stretched : N === 0 && r === 0 && p === 0)) return undefined;
  return {
    kind,
    keyId: bytes.slice(KEY_ID_AT, KEY_ID_AT + KEY_ID_BYTES),
    slotId: bytes.slice(SLOT_ID_AT, SLOT_ID_AT + SLOT_ID_BYTES),
    N,
    salt: bytes.slice(SALT_AT, SALT_AT + SALT_BYTES),
    bytes,
  };
}

/** The data key; undefined when the secret is not this slot's. A secret of the other kind costs nothing. */
export async function unwrapKey(
  secret: Secret,
  wrapped: WrappedKey,
  databaseId: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (kindOf(secret) !== wrapped.kind) return undefined;
  const wrapping = await wrappingKey(secret, wrapped.salt, wrapped.N);
  const sealed = wrapped.bytes.subarray(NONCE_AT, CHECKSUM_AT);
  const key = open(wrapping, sealed, associatedData(wrapped.bytes, databaseId));
  wrapping.fill(0);
  return key;
}

function wrappingKey(secret: Secret, salt: Uint8Array, N: number): Promise<Uint8Array> {
  return typeof secret === 'string'
    ? stretch(secret, salt, { N, r: SCRYPT_R, p: SCRYPT_P })
    : Promise.resolve(derive(secret, salt, RAW_LABEL, KEY_BYTES));
}

function kindOf(secret: Secret): SecretKind {
  return typeof secret === 'string' ? 'passphrase' : 'raw';
}

function associatedData(bytes: Uint8Array, databaseId: Uint8Array): Uint8Array {
  return framed([LABEL, bytes.subarray(0, NONCE_AT + NONCE_BYTES), databaseId]);
}

function checksum(bytes: Uint8Array, databaseId: Uint8Array): Uint8Array {
  return sha256(concat([databaseId, bytes.subarray(0, CHECKSUM_AT)])).subarray(0, WRAPPED_KEY_BYTES - CHECKSUM_AT);
}
