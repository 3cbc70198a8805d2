/**
 * [LINK-3] The handshake of a connection: Noise NNpsk0, then each side proves inside it which replica it is, as libp2p-noise
 * does: by a signature over the handshake's hash, which covers the topic's key, the room and both DTLS certificates.
 *
 *     → NOISE
 *     ← NOISE, PROOF
 *     → PROOF
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { PROTOCOL_VERSION } from '../limits.ts';
import type { NoiseFrame, ProofFrame } from '../session/frames.ts';
import type {
  Handshake,
  HandshakeFrame,
  HandshakeProgress,
  HandshakeRefusal,
  ProvenPeer,
} from '../session/handshake.ts';
import { base64url } from '../version/base64url.ts';
import { concat, expectLength, prefixed, uint32, utf8 } from './bytes.ts';
import {
  initialNoise,
  type NoiseKeys,
  type NoiseState,
  readNoise,
  seal,
  splitNoise,
  unseal,
  writeNoise,
} from './noise.ts';

const PUBLIC_KEY_BYTES = 32;
const FINGERPRINT_BYTES = 32;
const NO_DATA: Uint8Array = new Uint8Array(0);
const LABEL = utf8('rxdb-p2p replica 1');

/** Who this replica is. */
export interface Signer {
  /** Ed25519, 32 bytes */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** What the two ends of a link know of it without having said it to each other. */
export interface LinkBinding {
  readonly room: string;
  /** SHA-256 of the DTLS certificates, as this side sees them, 32 bytes each */
  readonly ownFingerprint: Uint8Array;
  readonly remoteFingerprint: Uint8Array;
}

/** The ephemeral keys of late: each serves one handshake. */
export interface Ephemerals {
  /** This side has made one, and says it now. */
  made(publicKey: Uint8Array): void;
  /** The other side has said one. @returns whether that came before, or is one that this side has made */
  met(publicKey: Uint8Array): 'new' | 'seen' | 'own';
}

export interface ReplicaHandshakeOptions {
  readonly initiator: boolean;
  /** `handshake` of the topic's keys */
  readonly psk: Uint8Array;
  readonly binding: LinkBinding;
  /** 32 random bytes, for this handshake alone */
  readonly ephemeral: Uint8Array;
  readonly signer: Signer;
  readonly ephemerals: Ephemerals;
}

/** Ed25519, 32 bytes each. */
export function createKeyPair(): { readonly secretKey: Uint8Array; readonly publicKey: Uint8Array } {
  return ed25519.keygen();
}

/** Ed25519 as every part of this project uses it. */
export function createSigner(secretKey: Uint8Array): Signer {
  return { publicKey: ed25519.getPublicKey(secretKey), sign: (message) => ed25519.sign(message, secretKey) };
}

export function createReplicaHandshake(options: ReplicaHandshakeOptions): Handshake {
  const { initiator, psk, ephemeral } = options;
  const noise = initialNoise({ initiator, psk, ephemeral, prologue: prologueOf(initiator, options.binding) });
  return initiator ? calling(options, noise) : called(options, noise);
}

/** [LINK-2] Alike on both sides when both see the same two certificates, and not otherwise. */
function prologueOf(initiator: boolean, { room, ownFingerprint, remoteFingerprint }: LinkBinding): Uint8Array {
  expectLength('fingerprint', ownFingerprint, FINGERPRINT_BYTES);
  expectLength('fingerprint', remoteFingerprint, FINGERPRINT_BYTES);
  const fingerprints = initiator ? [ownFingerprint, remoteFingerprint] : [remoteFingerprint, ownFingerprint];
  return concat(utf8('rxdb-p2p handshake 1'), uint32(PROTOCOL_VERSION), prefixed(room), ...fingerprints);
}

function calling(options: ReplicaHandshakeOptions, noise: NoiseState): Handshake {
  return {
    begin() {
      const [waiting, data] = write(options, noise);
      return { next: awaitingAnswer(options, waiting), frames: [{ type: 'noise', data }] };
    },
    receive: unexpected,
  };
}

function awaitingAnswer(options: ReplicaHandshakeOptions, noise: NoiseState): Handshake {
  return {
    begin: beginsOnce,
    receive(frame) {
      if (frame.type !== 'noise') return unexpected(frame);
      const read = readFresh(options, noise, frame);
      if ('refused' in read) return read;
      return { next: awaitingProof(options, splitNoise(read.noise)), frames: [] };
    },
  };
}

function called(options: ReplicaHandshakeOptions, noise: NoiseState): Handshake {
  const self: Handshake = {
    begin: () => ({ next: self, frames: [] }),
    receive(frame) {
      if (frame.type !== 'noise') return unexpected(frame);
      const read = readFresh(options, noise, frame);
      if ('refused' in read) return read;
      const [done, data] = write(options, read.noise);
      const keys = splitNoise(done);
      return { next: awaitingProof(options, keys), frames: [{ type: 'noise', data }, prove(options, keys)] };
    },
  };
  return self;
}

/** The caller proves itself last: it tells nobody who it is before it knows with whom it speaks. */
function awaitingProof(options: ReplicaHandshakeOptions, keys: NoiseKeys): Handshake {
  return {
    begin: beginsOnce,
    receive(frame) {
      if (frame.type !== 'proof') return unexpected(frame);
      const publicKey = proofOf(options, keys, frame);
      if (publicKey === undefined)
        return { refused: 'REPLICA_UNPROVED', text: 'the proof of the replica is not valid' };
      const { initiator } = options;
      const proven: ProvenPeer = { replica: base64url(sha256(publicKey)), hash: keys.hash, initiator };
      return { next: over, frames: initiator ? [prove(options, keys)] : [], proven };
    },
  };
}

const over: Handshake = { begin: beginsOnce, receive: unexpected };

function write({ ephemerals }: ReplicaHandshakeOptions, noise: NoiseState): readonly [NoiseState, Uint8Array] {
  const written = writeNoise(noise);
  ephemerals.made(written[1].slice(0, PUBLIC_KEY_BYTES));
  return written;
}

/** [LINK-5] One that was made for another handshake is told by its key, before anything is computed with it. */
function readFresh(
  { ephemerals }: ReplicaHandshakeOptions,
  noise: NoiseState,
  { data }: NoiseFrame,
): { readonly noise: NoiseState } | HandshakeRefusal {
  const known = ephemerals.met(data.slice(0, PUBLIC_KEY_BYTES));
  if (known === 'own') return { refused: 'HANDSHAKE_REFLECTED', text: 'this handshake is one of the own side' };
  if (known === 'seen') return { refused: 'HANDSHAKE_REPLAYED', text: 'this handshake was made before' };
  const read = readNoise(noise, data);
  if (read !== undefined && read[1].length === 0) return { noise: read[0] };
  return { refused: 'HANDSHAKE_UNREADABLE', text: 'another secret, or the connection leads elsewhere' };
}

function prove({ signer, initiator }: ReplicaHandshakeOptions, keys: NoiseKeys): ProofFrame {
  const content = concat(signer.publicKey, signer.sign(signedBy(initiator, keys)));
  return { type: 'proof', data: seal(keys.send, 0, NO_DATA, content) };
}

/** The other side's public key; undefined: it has not shown that it has the secret one. */
function proofOf(
  { initiator }: ReplicaHandshakeOptions,
  keys: NoiseKeys,
  { data }: ProofFrame,
): Uint8Array | undefined {
  const content = unseal(keys.receive, 0, NO_DATA, data);
  if (content === undefined) return undefined;
  const publicKey = content.slice(0, PUBLIC_KEY_BYTES);
  try {
    // Strictly, as RFC 8032 has it: implementations that are more generous differ in what else they take.
    const options = { zip215: false };
    const isValid = ed25519.verify(content.slice(PUBLIC_KEY_BYTES), signedBy(!initiator, keys), publicKey, options);
    return isValid ? publicKey : undefined;
  } catch {
    return undefined;
  }
}

/** With the role, so that a proof handed back proves nothing. */
function signedBy(initiator: boolean, { hash }: NoiseKeys): Uint8Array {
  return concat(LABEL, Uint8Array.of(initiator ? 0 : 1), hash);
}

function unexpected({ type }: HandshakeFrame): HandshakeRefusal {
  return { refused: 'PROTOCOL_ERROR', text: `${type} came out of turn` };
}

function beginsOnce(): HandshakeProgress {
  throw new TypeError('a handshake begins once');
}
