/**
 * A peer that knows the protocol and says what it is told: it introduces itself and opens channels as it should, and then
 * sends whatever a test wants, in whatever order.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import {
  base64url,
  type ChannelOffer,
  type ConnectionState,
  connectionStep,
  createAssembler,
  decodeFrame,
  encodeFrame,
  type Frame,
  type HelloFrame,
  initialConnection,
  splitIntoMessages,
} from '@rxdb-p2p/protocol';
import { createReplicaHandshake, createSigner, deriveTopicKeys } from '@rxdb-p2p/protocol/secrecy';
import type { Link, Transport, TransportFactory } from 'rxdb-p2p/testing';

export interface Rogue {
  /** its id */
  readonly replica: string;
  /** links that are open and have a channel */
  readonly victims: readonly Victim[];
  close(): Promise<void>;
}

/** One peer that the rogue is connected with. */
export interface Victim {
  readonly link: Link;
  /** the rogue's number for the channel */
  readonly channel: number;
  readonly closed: boolean;
  send(...frames: Frame[]): void;
  /** Bytes as they are, as one frame. */
  sendBytes(bytes: Uint8Array): void;
}

export type RogueOffer = Omit<ChannelOffer, 'room' | 'openKey'>;

export interface RogueOptions {
  readonly factory: TransportFactory;
  /** of the namespace `app`, without a secret */
  readonly topic: string;
  readonly offer: RogueOffer;
  /** Its key pair. Default: always the same. */
  readonly secretKey?: Uint8Array;
  /** What its clock says, milliseconds since 1970; default: the truth. */
  readonly clock?: () => number;
  /** Whether to introduce itself and to open a channel; without it a link is a victim as it is. Default true. */
  readonly greets?: boolean;
  /** Called for every frame, before anything is done with it. */
  readonly onHeard?: (frame: Frame) => void;
  /** Called for every new channel. */
  readonly onOpen?: (victim: Victim) => void;
  /** Called for every frame of a channel; default: nothing is answered. */
  readonly onFrame?: (victim: Victim, frame: Frame) => void;
  readonly onClosed?: (victim: Victim) => void;
}

const ROGUE_KEY: Uint8Array = new Uint8Array(32).fill(7);

/** The replica id of a rogue. @param secretKey default: that of every rogue that is given none */
export function rogueId(secretKey: Uint8Array = ROGUE_KEY): string {
  return base64url(sha256(createSigner(secretKey).publicKey));
}

export function createRogue(options: RogueOptions): Rogue {
  const { factory, topic, greets = true, onOpen, onFrame, onClosed } = options;
  const keys = deriveTopicKeys(undefined, { namespace: 'app', topic });
  const offer: ChannelOffer = { ...options.offer, room: keys.room, openKey: keys.open };
  const signer = createSigner(options.secretKey ?? ROGUE_KEY);
  const victims: Victim[] = [];

  function meet(link: Link): void {
    // Another session each time: nobody takes it for the connection before.
    const mark = randomBytes(16);
    const self: HelloFrame = {
      ...{ type: 'hello', session: mark, features: [] },
      time: options.clock?.() ?? Date.now(),
    };
    const handshake = createReplicaHandshake({
      ...{ initiator: link.initiator, psk: keys.handshake, signer, ephemeral: randomBytes(32) },
      binding: {
        ...{ room: keys.room, ownFingerprint: link.fingerprints.own, remoteFingerprint: link.fingerprints.remote },
      },
      ephemerals: { made: () => undefined, met: () => 'new' },
    });
    let state: ConnectionState = initialConnection(self, handshake);
    const assembler = createAssembler();
    let closed = false;
    let victim: Victim | undefined;

    const sendBytes = (bytes: Uint8Array): void => {
      if (closed) return;
      for (const message of splitIntoMessages(bytes, link.maxMessageBytes)) link.send(message);
    };
    const send = (...frames: Frame[]): void => {
      for (const frame of frames) sendBytes(encodeFrame(frame));
    };
    const step = (input: Parameters<typeof connectionStep>[1]): void => {
      const [next, effects] = connectionStep(state, input);
      state = next;
      for (const effect of effects) {
        if (effect.type === 'send') send(effect.frame);
        if (effect.type === 'met') step({ type: 'offer', offer, denied: false });
        if (effect.type === 'opened' && victim === undefined) begin(effect.channel);
      }
    };
    const begin = (channel: number): void => {
      const opened: Victim = {
        ...{ link, channel, send, sendBytes },
        get closed() {
          return closed;
        },
      };
      victim = opened;
      victims.push(opened);
      onOpen?.(opened);
    };
    link.onClose(() => {
      closed = true;
      const index = victim === undefined ? -1 : victims.indexOf(victim);
      if (index >= 0) victims.splice(index, 1);
      if (victim !== undefined) onClosed?.(victim);
    });
    if (greets) step({ type: 'start', now: 0 });
    else begin(1);
    link.onMessage((message) => {
      const bytes = closed ? undefined : assembler.push(message);
      if (bytes === undefined) return;
      const frame = decodeFrame(bytes);
      options.onHeard?.(frame);
      if (victim === undefined) step({ type: 'frame', frame, now: 0 });
      else onFrame?.(victim, frame);
    });
  }

  const transport: Transport = factory.create({ onLink: meet, onProblem: () => undefined });
  transport.join(keys.room, keys.signal);
  return { replica: rogueId(options.secretKey), victims, close: () => transport.close() };
}

function randomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
