/**
 * The handshake of simulated connections: the frames of the real one, in the same order, without its cryptography. A real one
 * takes as long as a whole scenario; it has tests of its own, and every other test runs it.
 */
import { base64url, type Handshake, type HandshakeFrame, type HandshakeProgress } from '@rxdb-p2p/protocol';
import type { ReplicaHandshakeOptions } from '@rxdb-p2p/protocol/secrecy';

type Options = Pick<ReplicaHandshakeOptions, 'initiator' | 'ephemeral'>;

/** Bytes of NOISE and PROOF. */
const NOISE_BYTES = 48;
const PROOF_BYTES = 112;

/** @param replica SHA-256 of what would be its public key */
export function createPlainHandshake(replica: Uint8Array, { initiator, ephemeral }: Options): Handshake {
  const noise: HandshakeFrame = { type: 'noise', data: padded(ephemeral, NOISE_BYTES) };
  const proof: HandshakeFrame = { type: 'proof', data: padded(replica, PROOF_BYTES) };

  function awaitingProof(hash: Uint8Array): Handshake {
    const self: Handshake = {
      begin: () => ({ next: self, frames: [] }),
      receive: ({ data }) => ({
        next: self,
        frames: initiator ? [proof] : [],
        proven: { replica: base64url(data.slice(0, 32)), hash, initiator },
      }),
    };
    return self;
  }

  const awaitingNoise: Handshake = {
    begin: (): HandshakeProgress => ({ next: awaitingNoise, frames: initiator ? [noise] : [] }),
    receive: ({ data }) => ({
      next: awaitingProof(mixed(data.slice(0, 32), ephemeral)),
      frames: initiator ? [] : [noise, proof],
    }),
  };
  return awaitingNoise;
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

/** The same for both sides. */
function mixed(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}
