/**
 * Noise_NNpsk0_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision 34): two messages, after which two that have
 * the same pre-shared key and prologue, and nobody else, have the same fresh keys. Names are those of the framework.
 *
 *     → psk, e
 *     ← e, ee
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { NOISE_FRAME_BYTES } from '../limits.ts';
import { concat, expectLength, utf8 } from './bytes.ts';

const KEY_BYTES = 32;

const EMPTY: Uint8Array = new Uint8Array(0);
/** Exactly 36 bytes: longer than a hash, so it is hashed. */
const PROTOCOL_NAME = utf8('Noise_NNpsk0_25519_ChaChaPoly_SHA256');

export interface NoiseOptions {
  readonly initiator: boolean;
  /** what both sides must know alike, and neither says */
  readonly prologue: Uint8Array;
  readonly psk: Uint8Array;
  /** 32 random bytes, for this handshake alone */
  readonly ephemeral: Uint8Array;
}

export interface NoiseState {
  readonly initiator: boolean;
  readonly ephemeral: Uint8Array;
  /** hash of all that was said so far */
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly key: Uint8Array;
  /** the other side's ephemeral key, once it has come */
  readonly remote: Uint8Array | undefined;
}

/** What both sides have in the end. */
export interface NoiseKeys {
  /** the handshake's hash: names this handshake, and no other */
  readonly hash: Uint8Array;
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

export function initialNoise({ initiator, prologue, psk, ephemeral }: NoiseOptions): NoiseState {
  expectLength('psk', psk, KEY_BYTES);
  expectLength('ephemeral', ephemeral, KEY_BYTES);
  const name = sha256(PROTOCOL_NAME);
  const started = { initiator, ephemeral, chainingKey: name, key: EMPTY, remote: undefined };
  const [chainingKey, mixed, key] = hkdf(name, psk, 3);
  return { ...started, chainingKey, key, hash: sha256(concat(sha256(concat(name, prologue)), mixed)) };
}

/** The initiator's first message, or the responder's answer to it. */
export function writeNoise(state: NoiseState, payload: Uint8Array = EMPTY): readonly [NoiseState, Uint8Array] {
  const own = x25519.getPublicKey(state.ephemeral);
  const mixed = agree(mixEphemeral(state, own));
  if (mixed === undefined) throw new TypeError('a bad key of the other side was accepted');
  const ciphertext = seal(mixed.key, 0, mixed.hash, payload);
  return [{ ...mixed, hash: sha256(concat(mixed.hash, ciphertext)) }, concat(own, ciphertext)];
}

/** @returns undefined: other keys, another prologue, or not what was sent */
export function readNoise(state: NoiseState, message: Uint8Array): readonly [NoiseState, Uint8Array] | undefined {
  if (message.length < NOISE_FRAME_BYTES) return undefined;
  const remote = message.slice(0, KEY_BYTES);
  const ciphertext = message.subarray(KEY_BYTES);
  const withKey = mixEphemeral({ ...state, remote }, remote);
  const mixed = state.initiator ? agree(withKey) : withKey;
  const payload = mixed === undefined ? undefined : unseal(mixed.key, 0, mixed.hash, ciphertext);
  if (mixed === undefined || payload === undefined) return undefined;
  return [{ ...mixed, hash: sha256(concat(mixed.hash, ciphertext)) }, payload];
}

export function splitNoise({ chainingKey, hash, initiator }: NoiseState): NoiseKeys {
  const [first, second] = hkdf(chainingKey, EMPTY, 2);
  return initiator ? { hash, send: first, receive: second } : { hash, send: second, receive: first };
}

/** ChaCha20-Poly1305 (RFC 8439) with the nonce of the framework: four zeros, then the counter, lowest byte first. */
export function seal(key: Uint8Array, counter: number, associated: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonceOf(counter), associated).encrypt(plaintext);
}

export function unseal(
  key: Uint8Array,
  counter: number,
  associated: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, nonceOf(counter), associated).decrypt(ciphertext);
  } catch {
    return undefined;
  }
}

/** Token `e`, which with a pre-shared key is mixed into the key as well. */
function mixEphemeral(state: NoiseState, publicKey: Uint8Array): NoiseState {
  const [chainingKey, key] = hkdf(state.chainingKey, publicKey, 2);
  return { ...state, chainingKey, key, hash: sha256(concat(state.hash, publicKey)) };
}

/** Token `ee`, once both keys are there; undefined for a key with which everybody would agree on the same. */
function agree(state: NoiseState): NoiseState | undefined {
  if (state.remote === undefined) return state;
  let shared: Uint8Array;
  try {
    shared = x25519.getSharedSecret(state.ephemeral, state.remote);
  } catch {
    return undefined;
  }
  const [chainingKey, key] = hkdf(state.chainingKey, shared, 2);
  return { ...state, chainingKey, key };
}

/** HKDF of the framework, section 4.3. */
function hkdf(chainingKey: Uint8Array, material: Uint8Array, outputs: 2): readonly [Uint8Array, Uint8Array];
function hkdf(chainingKey: Uint8Array, material: Uint8Array, outputs: 3): readonly [Uint8Array, Uint8Array, Uint8Array];
function hkdf(chainingKey: Uint8Array, material: Uint8Array, outputs: 2 | 3): readonly Uint8Array[] {
  const temporary = hmac(sha256, chainingKey, material);
  const first = hmac(sha256, temporary, Uint8Array.of(1));
  const second = hmac(sha256, temporary, concat(first, Uint8Array.of(2)));
  return outputs === 2 ? [first, second] : [first, second, hmac(sha256, temporary, concat(second, Uint8Array.of(3)))];
}

function nonceOf(counter: number): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce[4] = counter;
  return nonce;
}
