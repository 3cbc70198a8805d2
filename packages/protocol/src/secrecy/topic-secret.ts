/**
 * What people share to share a topic: a secret that this package has made, 32 random bytes, or words that they have chosen.
 * A made one has a mark and a checksum, so that one that was cut or mistyped is told from words, and never stretched.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { P2PError } from '../errors.ts';
import { base64url, fromBase64url } from '../version/base64url.ts';
import { concat, equalBytes, utf8 } from './bytes.ts';

/** Bytes of a secret. */
export const SECRET_BYTES: number = 32;

const MARK = 'p2p1_';
const CHECKSUM_BYTES = 4;
/** The mark, and 36 bytes in base64url. */
const MADE_LENGTH = MARK.length + 48;

/**
 * Characters of a passphrase. Four random words have some 24; shorter ones are guessed offline at one scrypt each by
 * whoever has seen a room's name. No length makes a quotation or a song a good one.
 */
export const MIN_PASSPHRASE_CHARACTERS: number = 16;
/** UTF-8 bytes of a passphrase: more says nothing more. */
export const MAX_PASSPHRASE_BYTES: number = 1_024;

export type TopicSecret =
  | { readonly kind: 'made'; readonly bytes: Uint8Array }
  /** in Unicode's form NFKC, since keyboards differ in how they compose letters */
  | { readonly kind: 'passphrase'; readonly text: string };

/** @param random SECRET_BYTES of the platform's cryptographic source */
export function formatTopicSecret(random: Uint8Array): string {
  return MARK + base64url(concat(random, checksum(random)));
}

/** @throws P2PError `SECRET_INVALID`, `SECRET_TOO_SHORT`; neither says anything of the secret but its length */
export function readTopicSecret(secret: unknown): TopicSecret {
  if (typeof secret !== 'string') throw invalid('a string', typeof secret);
  if (secret.startsWith(MARK)) return { kind: 'made', bytes: readMade(secret) };
  if (/\p{Surrogate}/u.test(secret)) throw invalid('Unicode text', 'half of a surrogate pair');
  const text = secret.normalize('NFKC');
  const characters = [...text].length;
  if (characters < MIN_PASSPHRASE_CHARACTERS) {
    throw new P2PError('SECRET_TOO_SHORT', 'a passphrase this short is guessed', {
      expected: `${MIN_PASSPHRASE_CHARACTERS} characters or more, or a secret of createTopicSecret()`,
      got: `${characters}`,
      hint: 'let createTopicSecret() make one and share it as a link or QR code; or take five random words',
    });
  }
  const { length } = utf8(text);
  if (length > MAX_PASSPHRASE_BYTES) throw invalid(`at most ${MAX_PASSPHRASE_BYTES} bytes of UTF-8`, `${length} bytes`);
  return { kind: 'passphrase', text };
}

function readMade(secret: string): Uint8Array {
  const expected = `${MADE_LENGTH} characters, as createTopicSecret() made them`;
  if (secret.length !== MADE_LENGTH) throw invalid(expected, `${secret.length} characters: was it cut?`);
  let all: Uint8Array;
  try {
    all = fromBase64url(secret.slice(MARK.length));
  } catch {
    throw invalid(expected, 'other characters: was it mistyped?');
  }
  const bytes = all.slice(0, SECRET_BYTES);
  if (!equalBytes(all.subarray(SECRET_BYTES), checksum(bytes)))
    throw invalid(expected, 'another one: was it mistyped?');
  return bytes;
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(concat(utf8('rxdb-p2p secret 1'), bytes)).slice(0, CHECKSUM_BYTES);
}

function invalid(expected: string, got: string): P2PError {
  return new P2PError('SECRET_INVALID', 'the secret of a topic', { expected, got });
}
