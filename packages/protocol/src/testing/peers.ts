/** Two ends of one connection, with the frames between them held back as long as a test wants. */
import { connectionStep, initialConnection } from '../session/connection.ts';
import type { ChannelOffer, ConnectionEffect, ConnectionInput, ConnectionState } from '../session/connection-types.ts';
import type { Frame, HelloFrame } from '../session/frames.ts';

export interface Peer {
  readonly state: ConnectionState;
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
  collection: 'todos',
  schemaVersion: 0,
  schemaHash: 's'.repeat(43),
  mergeMode: 'fields',
  sends: true,
  receives: true,
};

export function helloOf(name: string, more: Partial<HelloFrame> = {}): HelloFrame {
  const code = name.charCodeAt(0);
  return {
    type: 'hello',
    replica: name.padEnd(43, '-'),
    session: new Uint8Array(16).fill(code),
    nonce: new Uint8Array(16).fill(code + 1),
    time: 0,
    features: [],
    ...more,
  };
}

export function createPeer(hello: HelloFrame): Peer {
  let state = initialConnection(hello);
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

/** Two peers that have met. */
export function createPair(a: HelloFrame = helloOf('a'), b: HelloFrame = helloOf('b')): readonly [Peer, Peer] {
  const pair = [createPeer(a), createPeer(b)] as const;
  for (const peer of pair) peer.give({ type: 'start', now: 0 });
  deliver(...pair);
  for (const peer of pair) peer.news();
  return pair;
}
