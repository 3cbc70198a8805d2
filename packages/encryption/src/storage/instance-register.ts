/**
 * Which storage instances of a database hold encrypted values: written down when each is first opened, so that a rotation
 * finds also those that no collection of today uses.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { RxJsonSchema } from 'rxdb';
import { hex, utf8 } from '../cipher/bytes.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { PlainDocument } from './document-codec.ts';

export interface RegisteredInstance {
  readonly collection: string;
  /** as the storage knows it */
  readonly schema: RxJsonSchema<PlainDocument>;
  readonly paths: readonly string[];
  readonly attachments: boolean;
}

const PREFIX = 'instance ';

export async function registerInstance(store: KeyStore, instance: RegisteredInstance): Promise<void> {
  const key = keyOf(instance.collection, instance.schema.version);
  const text = JSON.stringify(instance);
  for (;;) {
    const before = await store.read(key);
    if (before?.text === text || (await store.write(key, text, before))) return;
  }
}

export function unregisterInstance(store: KeyStore, collection: string, schemaVersion: number): Promise<void> {
  return store.drop(keyOf(collection, schemaVersion));
}

export async function registeredInstances(store: KeyStore): Promise<readonly RegisteredInstance[]> {
  const rows = await store.readAll();
  return rows.filter(({ key }) => key.startsWith(PREFIX)).map(({ text }) => JSON.parse(text) as RegisteredInstance);
}

/** A name of any length as a key of bounded length. */
function keyOf(collection: string, schemaVersion: number): string {
  return `${PREFIX}${schemaVersion} ${hex(sha256(utf8(collection))).slice(0, 32)}`;
}
