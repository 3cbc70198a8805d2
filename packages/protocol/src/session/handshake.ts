/**
 * What a connection knows of its handshake (SPEC.md §6.3): it is made elsewhere (`secrecy/replica-handshake.ts`), so that
 * nobody who only imports this package loads its cryptography.
 */
import type { ByeCode, NoiseFrame, ProofFrame } from './frames.ts';

export type HandshakeFrame = NoiseFrame | ProofFrame;

/** Whom the handshake was made with. */
export interface ProvenPeer {
  /** SHA-256 of the public key whose owner is at the other end, base64url */
  readonly replica: string;
  /** hash of the handshake, 32 bytes: names this connection, and both sides have the same */
  readonly hash: Uint8Array;
  /** whether this side began it */
  readonly initiator: boolean;
}

/** One state of a handshake: its methods change nothing, they give the next state. */
export interface Handshake {
  /** What this side says before it has heard anything. */
  begin(): HandshakeProgress;
  receive(frame: HandshakeFrame): HandshakeProgress | HandshakeRefusal;
}

export interface HandshakeProgress {
  readonly next: Handshake;
  readonly frames: readonly HandshakeFrame[];
  /** The handshake is over, once `frames` are sent. */
  readonly proven?: ProvenPeer;
}

export interface HandshakeRefusal {
  readonly refused: ByeCode;
  readonly text: string;
}
