/** Two ends of one connection, with the frames between them held back as long as a test wants. */
import { sha256 } from '@noble/hashes/sha2.js';
import { createReplicaHandshake, createSigner, type ReplicaHandshakeOptions } from '../secrecy/replica-handshake.ts';
import { connectionStep, initialConnection } from '../session/connection.ts';
import type { ChannelOffer, ConnectionEffect, ConnectionInput, ConnectionState } from '../session/connection-types.ts';
import type { Frame, HelloFrame, OpenFrame } from '../session/frames.ts';
import { openFrame } from '../session/topics.ts';
import { base64url } from '../version/base64url.ts';

export interface Peer {
  readonly state: ConnectionState;
  /** id of its key pair */
  readonly replica: string;
  /** All effects so far but `send`, and those since the last call of `news`. */
  readonly effects: readonly ConnectionEffect[];
  news(): ConnectionEffect[];
  /** frames on their way from this peer */
  readonly outbox: Frame[];
  give(input: ConnectionInput): readonly ConnectionEffect[];
  hear(frame: Frame): readonly ConnectionEffect[];
  /** @returns the channel's number */
  offer(more?: Partial<ChannelOffer>, denied?: boolean): number;
}

export const OFFER: ChannelOffer = {
  room: 'app/family',
  openKey: new Uint8Array(32).fill(1),
  collection: 'todos',
  schemaVersion: 0,
  schemaHash: 's'.repeat(43),
  mergeMode: 'fields',
  sends: true,
  receives: true,
};

export function helloOf(name: string): HelloFrame {
  return { type: 'hello', session: filled(name.charCodeAt(0), 16), time: 0, features: [] };
}

/** Of one handshake: both sides have to say the same of the link. */
export type Link = Pick<ReplicaHandshakeOptions, 'psk' | 'binding'>;

export const LINK: Link = {
  psk: filled(7, 32),
  binding: { room: OFFER.room, ownFingerprint: filled(8, 32), remoteFingerprint: filled(8, 32) },
};

/** The same name has the same key pair, and makes another ephemeral key for each handshake. */
export function createPeer(name: string, initiator: boolean, link: Link = LINK): Peer {
  const handshake = createReplicaHandshake({
    ...{ initiator, ...link, ephemeral: crypto.getRandomValues(new Uint8Array(32)) },
    signer: createSigner(keyOf(name)),
    ephemerals: { made: () => undefined, met: () => 'new' },
  });
  return peerIn(name, initialConnection(helloOf(name), handshake));
}

function keyOf(name: string): Uint8Array {
  return filled(name.charCodeAt(0), 32);
}

function peerIn(name: string, initial: ConnectionState): Peer {
  let state = initial;
  const effects: ConnectionEffect[] = [];
  const outbox: Frame[] = [];
  let seen = 0;
  const give = (input: ConnectionInput): readonly ConnectionEffect[] => {
    const [next, made] = connectionStep(state, input);
    state = next;
    for (const effect of made) {
      if (effect.type === 'send') outbox.push(effect.frame);
      else effects.push(effect);
    }
    return made;
  };
  return {
    get state() {
      return state;
    },
    replica: base64url(sha256(createSigner(keyOf(name)).publicKey)),
    effects,
    outbox,
    give,
    news() {
      const fresh = effects.slice(seen);
      seen = effects.length;
      return fresh;
    },
    hear: (frame) => give({ type: 'frame', frame, now: 0 }),
    offer(more = {}, denied = false) {
      const channel = state.lastChannel + 1;
      give({ type: 'offer', offer: { ...OFFER, ...more }, denied });
      return channel;
    },
  };
}

/** Delivers all frames, also those that answer them. */
export function deliver(a: Peer, b: Peer): void {
  for (let i = 0; a.outbox.length + b.outbox.length > 0; i++) {
    if (i > 1_000) throw new Error('the two never stop talking');
    deliverOne(a, b);
    deliverOne(b, a);
  }
}

export function deliverOne(from: Peer, to: Peer): void {
  const frame = from.outbox.shift();
  if (frame !== undefined) to.hear(frame);
}

/** Two peers that have met: the first one began. */
export function meet(a: string = 'a', b: string = 'b'): readonly [Peer, Peer] {
  const pair = [createPeer(a, true), createPeer(b, false)] as const;
  for (const peer of pair) peer.give({ type: 'start', now: 0 });
  deliver(...pair);
  return pair;
}

let met: readonly [ConnectionState, ConnectionState] | undefined;

/** The same two each time: a handshake takes 10 ms, and states do not change. */
export function createPair(): readonly [Peer, Peer] {
  if (met === undefined) {
    const [a, b] = meet();
    met = [a.state, b.state];
  }
  return [peerIn('a', met[0]), peerIn('b', met[1])];
}

/** An OPEN that a peer could say, though it does not. */
export function openOf({ state }: Peer, channel: number, more: Partial<ChannelOffer> = {}): OpenFrame {
  return openFrame(state, channel, { ...OFFER, ...more });
}

function filled(value: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}
