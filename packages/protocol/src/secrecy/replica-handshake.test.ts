import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import type { Handshake, HandshakeFrame, HandshakeProgress, HandshakeRefusal } from '../session/handshake.ts';
import { base64url } from '../version/base64url.ts';
import {
  createReplicaHandshake,
  createSigner,
  type Ephemerals,
  type ReplicaHandshakeOptions,
} from './replica-handshake.ts';

const filled = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);
const BINDING = { room: 'app/room', ownFingerprint: filled(1), remoteFingerprint: filled(2) };
const ALICE = createSigner(filled(10));
const BOB = createSigner(filled(11));
const MALLORY = createSigner(filled(12));
let ephemeral = 100;

/** As the hub of one device has it. */
function createEphemerals(): Ephemerals {
  const own = new Set<string>();
  const remote = new Set<string>();
  return {
    made: (key) => void own.add(base64url(key)),
    met(key) {
      const name = base64url(key);
      if (own.has(name)) return 'own';
      const known = remote.has(name);
      remote.add(name);
      return known ? 'seen' : 'new';
    },
  };
}

function handshake(initiator: boolean, more: Partial<ReplicaHandshakeOptions> = {}): Handshake {
  const { ownFingerprint, remoteFingerprint } = BINDING;
  const binding = initiator
    ? BINDING
    : { ...BINDING, ownFingerprint: remoteFingerprint, remoteFingerprint: ownFingerprint };
  const signer = initiator ? ALICE : BOB;
  const ephemerals: Ephemerals = { made: () => undefined, met: () => 'new' };
  return createReplicaHandshake({
    initiator,
    psk: filled(9),
    binding,
    signer,
    ephemeral: filled(ephemeral++),
    ephemerals,
    ...more,
  });
}

interface End {
  state: Handshake;
  progress?: HandshakeProgress | HandshakeRefusal;
}

function hear(end: End, frame: HandshakeFrame | undefined): readonly HandshakeFrame[] {
  if (frame === undefined) throw new Error('expected a frame');
  const progress = end.state.receive(frame);
  end.progress = progress;
  if ('refused' in progress) return [];
  end.state = progress.next;
  return progress.frames;
}

function run(a: Handshake, b: Handshake): { readonly a: End; readonly b: End; readonly said: HandshakeFrame[] } {
  const { next, frames } = a.begin();
  const ends = { a: { state: next } as End, b: { state: b } as End };
  const said: HandshakeFrame[] = [];
  for (const first of frames) {
    said.push(first);
    for (const answer of hear(ends.b, first)) {
      said.push(answer);
      for (const last of hear(ends.a, answer)) {
        said.push(last);
        hear(ends.b, last);
      }
    }
  }
  return { ...ends, said };
}

const codeOf = ({ progress }: End): string =>
  progress === undefined
    ? 'waits'
    : 'refused' in progress
      ? progress.refused
      : progress.proven === undefined
        ? 'waits'
        : 'proven';

describe('the handshake of two replicas', () => {
  it('[LINK-3] tells each side who the other one is, in three messages, under one hash', () => {
    const { a, b, said } = run(handshake(true), handshake(false));
    expect(said.map(({ type, data }) => `${type} ${data.length}`)).toEqual([
      'noise 48',
      'noise 48',
      'proof 112',
      'proof 112',
    ]);
    if (!('frames' in (a.progress ?? {})) || !('frames' in (b.progress ?? {}))) throw new Error('refused');
    const [ofA, ofB] = [a, b].map(({ progress }) => (progress as HandshakeProgress).proven);
    expect(ofA).toMatchObject({ replica: base64url(sha256(BOB.publicKey)), initiator: true });
    expect(ofB).toMatchObject({ replica: base64url(sha256(ALICE.publicKey)), initiator: false });
    expect(ofA?.hash).toEqual(ofB?.hash);
    const all = said.map(({ data }) => Buffer.from(data).toString('hex')).join();
    for (const { publicKey } of [ALICE, BOB]) expect(all).not.toContain(Buffer.from(publicKey).toString('hex'));
  });

  it('[LINK-3] the caller tells nobody who it is before it knows with whom it speaks', () => {
    const { a, b, said } = run(handshake(true), handshake(false, { signer: { ...BOB, sign: () => filled(0, 64) } }));
    expect(codeOf(a)).toBe('REPLICA_UNPROVED');
    expect(codeOf(b)).toBe('waits');
    expect(said.map(({ type }) => type)).toEqual(['noise', 'noise', 'proof']);
  });

  it('[LINK-3] a member cannot pass for another one: not with its public key, nor with a signature of another handshake', () => {
    const liars = [
      // The key of Alice, signed with another one.
      { publicKey: ALICE.publicKey, sign: MALLORY.sign },
      // What Alice has signed elsewhere.
      { publicKey: ALICE.publicKey, sign: () => ALICE.sign(filled(3, 50)) },
    ];
    for (const signer of liars) {
      expect(codeOf(run(handshake(true, { signer }), handshake(false)).b)).toBe('REPLICA_UNPROVED');
      expect(codeOf(run(handshake(true), handshake(false, { signer })).a)).toBe('REPLICA_UNPROVED');
    }
  });

  it('[LINK-3] a signature is good for one role: handed back it proves nothing', () => {
    // Whoever answers has Alice sign what it would have to sign itself, with her role in it.
    const signer = {
      publicKey: ALICE.publicKey,
      sign: (message: Uint8Array) => {
        const handed = message.slice();
        handed[handed.length - 33] = 0;
        return ALICE.sign(handed);
      },
    };
    expect(codeOf(run(handshake(true), handshake(false, { signer })).a)).toBe('REPLICA_UNPROVED');
  });

  it('[LINK-3] signatures are verified strictly', () => {
    // A point of small order as key, with which ZIP 215 takes this signature of any message.
    const publicKey = filled(0);
    publicKey[0] = 1;
    const signature = new Uint8Array(64);
    signature[0] = 1;
    expect(ed25519.verify(signature, filled(1), publicKey, { zip215: true })).toBe(true);
    const signer = { publicKey, sign: () => signature };
    expect(codeOf(run(handshake(true, { signer }), handshake(false)).b)).toBe('REPLICA_UNPROVED');
  });

  it('[LINK-2] a member in between, who relays all that is said, is noticed by the certificates that both see', () => {
    const mine = filled(66);
    const a = handshake(true, { binding: { ...BINDING, remoteFingerprint: mine } });
    const b = handshake(false, { binding: { room: BINDING.room, ownFingerprint: filled(2), remoteFingerprint: mine } });
    expect(codeOf(run(a, b).b)).toBe('HANDSHAKE_UNREADABLE');
  });

  it('[LINK-5] a recorded handshake is refused as such, and cannot go on where it is not known any more', () => {
    const ephemerals = createEphemerals();
    const { said } = run(handshake(true), handshake(false, { ephemerals }));
    const [first, , , proof] = said;
    const again: End = { state: handshake(false, { ephemerals }) };
    hear(again, first);
    expect(codeOf(again)).toBe('HANDSHAKE_REPLAYED');
    const forgetful: End = { state: handshake(false) };
    hear(forgetful, first);
    expect(codeOf(forgetful)).toBe('waits');
    hear(forgetful, proof);
    expect(codeOf(forgetful)).toBe('REPLICA_UNPROVED');
  });

  it('[LINK-5] what a side has said itself is refused as such, as an answer and as a beginning', () => {
    const ephemerals = createEphemerals();
    const begun = handshake(true, { ephemerals }).begin();
    const [first] = begun.frames;
    const caller: End = { state: begun.next };
    hear(caller, first);
    expect(codeOf(caller)).toBe('HANDSHAKE_REFLECTED');
    const called: End = { state: handshake(false, { ephemerals }) };
    hear(called, first);
    expect(codeOf(called)).toBe('HANDSHAKE_REFLECTED');
  });

  it('[LINK-1] what comes out of turn ends it', () => {
    const proof: HandshakeFrame = { type: 'proof', data: filled(0, 112) };
    const called: End = { state: handshake(false) };
    hear(called, proof);
    expect(codeOf(called)).toBe('PROTOCOL_ERROR');
    const { a, said } = run(handshake(true), handshake(false));
    hear(a, said[1]);
    expect(codeOf(a)).toBe('PROTOCOL_ERROR');
  });
});
