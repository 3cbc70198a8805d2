/**
 * The replica's key pair, made at first use, kept beside the database's collections (ARCHITECTURE §3). One row, inserted by
 * compare-and-swap, so that two tabs cannot make two identities.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, fromBase64url, P2PError, parseJsonObject } from '@rxdb-p2p/protocol';
import type { Signer } from '@rxdb-p2p/protocol/secrecy';
import type { Sidecar } from '../journal/sidecar.ts';

/** The secret key is in none of its members: it leaves this module as signatures only. */
export interface Identity {
  /** SHA-256 of the public key, base64url, 43 characters */
  readonly replica: string;
  /** Ed25519, 32 bytes */
  readonly publicKey: Uint8Array;
  /** How the key pair is stored: `plain` where the database has no encryption. */
  readonly keyStorage: KeyStorage;
  /** Signs with the replica's secret key; loads what that takes. */
  signer(): Promise<Signer>;
  /** The actor under which this replica writes, for one incarnation of a collection's storage. */
  actorOf(incarnation: string): string;
}

export type KeyStorage = 'encrypted' | 'plain';

/** Rows of key pairs: `key`, then `key-1` and so on, each of which takes the place of those before. */
const KEY_ROW = 'key';
const keyRow = (number: number): string => (number === 0 ? KEY_ROW : `${KEY_ROW}-${number}`);

interface StoredKey {
  readonly v: 1;
  /** Ed25519, base64url, 32 bytes each */
  readonly secretKey: string;
  readonly publicKey: string;
}

/** @throws P2PError `IDENTITY_UNREADABLE` */
export async function loadIdentity(sidecar: Sidecar): Promise<Identity> {
  const stored = (await findKey(sidecar))?.key ?? (await makeKey(sidecar, 0));
  const publicKey = fromBase64url(stored.publicKey);
  const secretKey = fromBase64url(stored.secretKey);
  return {
    replica: base64url(sha256(publicKey)),
    publicKey,
    keyStorage: sidecar.encrypted ? 'encrypted' : 'plain',
    async signer() {
      const { createSigner } = await import('@rxdb-p2p/protocol/secrecy');
      return createSigner(secretKey);
    },
    actorOf(incarnation) {
      const text = new TextEncoder().encode(incarnation);
      const named = new Uint8Array(publicKey.length + text.length);
      named.set(publicKey);
      named.set(text, publicKey.length);
      return base64url(sha256(named)).slice(0, 16);
    },
  };
}

/** Another device has the same key pair: this one goes on with a new one. @throws P2PError `IDENTITY_UNREADABLE` */
export async function renewIdentity(sidecar: Sidecar): Promise<Identity> {
  const found = await findKey(sidecar);
  await makeKey(sidecar, (found?.number ?? -1) + 1);
  return loadIdentity(sidecar);
}

interface FoundKey {
  readonly number: number;
  readonly key: StoredKey;
}

/** The latest. */
async function findKey(sidecar: Sidecar): Promise<FoundKey | undefined> {
  const rows = new Map((await sidecar.readAll()).map(({ key, text }) => [key, text]));
  let number = 0;
  while (rows.has(keyRow(number + 1))) number++;
  const text = rows.get(keyRow(number));
  if (text === undefined) return undefined;
  const parsed: Partial<StoredKey> | undefined = parseJsonObject(text);
  if (isStoredKey(parsed)) return { number, key: parsed };
  throw new P2PError('IDENTITY_UNREADABLE', 'the stored key pair of this replica cannot be read', {
    hint: 'written by a newer version of this package, or damaged on disk',
  });
}

async function makeKey(sidecar: Sidecar, number: number): Promise<StoredKey> {
  const { createKeyPair } = await import('@rxdb-p2p/protocol/secrecy');
  const { secretKey, publicKey } = createKeyPair();
  const made: StoredKey = { v: 1, secretKey: base64url(secretKey), publicKey: base64url(publicKey) };
  if (await sidecar.insert([{ key: keyRow(number), text: JSON.stringify(made) }])) return made;
  const other = await findKey(sidecar);
  if (other === undefined)
    throw new P2PError('IDENTITY_UNREADABLE', 'the key pair of this replica vanished while it was made');
  return other.key;
}

function isStoredKey(value: Partial<StoredKey> | undefined): value is StoredKey {
  return value?.v === 1 && [value.secretKey, value.publicKey].every(isKey);
}

function isKey(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
}
