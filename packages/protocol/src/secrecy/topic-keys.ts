/**
 * [TOPIC-2] All keys of a topic come from its secret by HKDF-SHA-256 (RFC 5869), one for each use, so that what one use
 * gives away says nothing about another: a server sees the room, and cannot open a signal with it.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64url } from '../version/base64url.ts';
import { concat, expectLength, prefixed, utf8 } from './bytes.ts';
import { SECRET_BYTES } from './topic-secret.ts';

export interface TopicKeys {
  /** `namespace/opaque id`: what the signaling server sees. Who does not have the secret cannot tell which topic it is. */
  readonly room: string;
  /** seals what is said through the server */
  readonly signal: Uint8Array;
  /** pre-shared key of the handshake */
  readonly handshake: Uint8Array;
  /** proves the topic on a connection that another topic has made */
  readonly open: Uint8Array;
}

export interface TopicName {
  readonly namespace: string;
  readonly topic: string;
}

const KEY_BYTES = 32;
const SALT = utf8('rxdb-p2p topic 1');
/** Stands in for a secret where there is none: then whoever knows the topic's name has its keys. */
const NO_SECRET = utf8('rxdb-p2p topic without a secret 1');

/**
 * Cost of one guess of a passphrase: 128 MiB and half a second of one core of a laptop in JavaScript (RFC 7914; OWASP's
 * first choice of parameters). Raised together with the label of the salt.
 */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 } as const;
/** How long the stretching holds up everything else at a time, milliseconds. */
const SCRYPT_TURN_MS = 10;

/** @param secret SECRET_BYTES; left out: the topic has none */
export function deriveTopicKeys(secret: Uint8Array | undefined, name: TopicName): TopicKeys {
  if (secret !== undefined) expectLength('secret', secret, SECRET_BYTES);
  const derive = (use: string): Uint8Array =>
    hkdf(sha256, secret ?? NO_SECRET, SALT, concat(utf8(`rxdb-p2p ${use} 1`), nameBytes(name)), KEY_BYTES);
  return {
    room: `${name.namespace}/${base64url(derive('room'))}`,
    signal: derive('signal'),
    handshake: derive('handshake'),
    open: derive('open'),
  };
}

/**
 * [TOPIC-1] The secret that a passphrase stands for, in one topic only: a table made for one is of no use for another.
 * Gives way to others every SCRYPT_TURN_MS.
 */
export function stretchPassphrase(passphrase: string, name: TopicName): Promise<Uint8Array> {
  const salt = concat(utf8('rxdb-p2p passphrase 1'), nameBytes(name));
  return scryptAsync(utf8(passphrase), salt, { ...SCRYPT, dkLen: SECRET_BYTES, asyncTick: SCRYPT_TURN_MS });
}

function nameBytes({ namespace, topic }: TopicName): Uint8Array {
  return concat(prefixed(namespace), prefixed(topic));
}
