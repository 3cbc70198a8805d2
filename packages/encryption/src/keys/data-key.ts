/** A data key with the keys for its uses. HKDF keeps the uses apart: no key ever does two things. */
import { hex } from '../cipher/bytes.ts';
import { derive } from './derive.ts';
import { KEY_BYTES } from './key-limits.ts';

export interface DataKey {
  /** 8 random bytes, which every value names */
  readonly id: Uint8Array;
  /** the id in hex */
  readonly name: string;
  readonly key: Uint8Array;
  /** seals documents */
  readonly documents: Uint8Array;
  /** seals attachments */
  readonly attachments: Uint8Array;
}

export function dataKey(id: Uint8Array, key: Uint8Array, databaseId: Uint8Array): DataKey {
  const documents = subkey(key, databaseId, 'documents');
  return { id, name: hex(id), key, documents, attachments: subkey(key, databaseId, 'attachments') };
}

/** HKDF with the database's id as salt. Labels carry the version of the format. */
export function subkey(key: Uint8Array, databaseId: Uint8Array, use: string): Uint8Array {
  return derive(key, databaseId, `rxdb-p2p-encryption 1 ${use}`, KEY_BYTES);
}

export function forget(key: DataKey): void {
  for (const bytes of [key.key, key.documents, key.attachments]) bytes.fill(0);
}
