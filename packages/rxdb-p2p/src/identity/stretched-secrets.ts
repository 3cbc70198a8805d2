/**
 * What passphrases have been stretched to, so that it takes half a second once and not at every start: beside the key pair,
 * and only where the storage encrypts it.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, equalBytes, fromBase64url, SECRET_BYTES } from '@rxdb-p2p/protocol';
import type { TopicName } from '@rxdb-p2p/protocol/secrecy';
import type { Sidecar } from '../journal/sidecar.ts';
import { randomId } from '../random.ts';

/** Keys of rows are not encrypted, so they tell nothing. */
const PREFIX = 'stretched-';

/** Topics with a passphrase whose secret is remembered: those that were opened last. */
const MAX_STRETCHED = 32;

interface StoredSecret extends TopicName {
  readonly v: 1;
  readonly secret: string;
  /** of which passphrase it is */
  readonly check: string;
}

/** @param stretch takes half a second */
export async function stretchOnce(
  sidecar: Sidecar,
  passphrase: string,
  name: TopicName,
  stretch: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (!sidecar.encrypted) return stretch();
  const rows = (await sidecar.readAll()).filter(({ key }) => key.startsWith(PREFIX));
  for (const { text } of rows) {
    const known = secretIn(text, passphrase, name);
    if (known !== undefined) return known;
  }
  const secret = await stretch();
  const stored: StoredSecret = {
    v: 1,
    ...name,
    secret: base64url(secret),
    check: base64url(check(secret, passphrase)),
  };
  // Those of the same topic are of other passphrases; which of the rest is oldest is not known, and does not matter.
  const spent = rows.filter(({ text }) => isOf(parse(text), name)).map(({ key }) => key);
  const kept = rows.filter(({ key }) => !spent.includes(key)).map(({ key }) => key);
  await sidecar.remove([...spent, ...kept.slice(0, Math.max(0, kept.length + 1 - MAX_STRETCHED))]);
  await sidecar.insert([{ key: PREFIX + randomId(16), text: JSON.stringify(stored) }]);
  return secret;
}

function secretIn(text: string, passphrase: string, name: TopicName): Uint8Array | undefined {
  const stored = parse(text);
  if (stored === undefined || !isOf(stored, name)) return undefined;
  const secret = fromBase64url(stored.secret);
  if (secret.length !== SECRET_BYTES) return undefined;
  return equalBytes(fromBase64url(stored.check), check(secret, passphrase)) ? secret : undefined;
}

function isOf(stored: StoredSecret | undefined, { namespace, topic }: TopicName): boolean {
  return stored?.namespace === namespace && stored.topic === topic;
}

function check(secret: Uint8Array, passphrase: string): Uint8Array {
  return hmac(sha256, secret, new TextEncoder().encode(passphrase));
}

/** Undefined: written by a newer version of this package. */
function parse(text: string): StoredSecret | undefined {
  const value = JSON.parse(text) as Partial<StoredSecret>;
  const isKnown = value.v === 1 && typeof value.secret === 'string' && typeof value.check === 'string';
  return isKnown ? (value as StoredSecret) : undefined;
}
