/** The proof in OPEN of having a topic's key, without naming the topic. */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, equalBytes, uint32, utf8 } from '../secrecy/bytes.ts';

/** Bytes of a proof. */
export const PROOF_BYTES: number = 32;

const LABEL = utf8('rxdb-p2p open 1');

/** What a proof is good for. */
export interface ProofPlace {
  /** hash of the connection's handshake */
  readonly handshake: Uint8Array;
  /** whether who opens is the handshake's initiator */
  readonly byInitiator: boolean;
  /** the opener's number for the channel */
  readonly channel: number;
}

/**
 * [CONN-5] OPEN does not name the topic: it proves to have its key, on this connection, in this direction, for this channel.
 * A peer that shares another topic with us learns nothing, and cannot hand a proof on, or back.
 */
export function proveTopic(openKey: Uint8Array, { handshake, byInitiator, channel }: ProofPlace): Uint8Array {
  return hmac(sha256, openKey, concat(LABEL, handshake, Uint8Array.of(byInitiator ? 0 : 1), uint32(channel)));
}

export function provesTopic(proof: Uint8Array, openKey: Uint8Array, place: ProofPlace): boolean {
  return equalBytes(proof, proveTopic(openKey, place));
}
