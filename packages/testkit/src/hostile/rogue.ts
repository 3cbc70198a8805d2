/**
 * A peer that knows the protocol and says what it is told: it introduces itself and opens channels as it should, and then
 * sends whatever a test wants, in whatever order.
 */
import {
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
import type { Link, Transport, TransportFactory } from 'rxdb-p2p/testing';

export interface Rogue {
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

export interface RogueOptions {
  readonly factory: TransportFactory;
  readonly offer: ChannelOffer;
  /** 43 characters of base64url */
  readonly replica: string;
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

export function createRogue(options: RogueOptions): Rogue {
  const { factory, offer, replica, greets = true, onOpen, onFrame, onClosed } = options;
  const victims: Victim[] = [];

  function meet(link: Link): void {
    // Another session each time: nobody takes it for the connection before.
    const mark = crypto.getRandomValues(new Uint8Array(16));
    const self: HelloFrame = {
      ...{ type: 'hello', replica, session: mark, nonce: mark, features: [] },
      time: options.clock?.() ?? Date.now(),
    };
    let state: ConnectionState = initialConnection(self);
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
  transport.join(offer.room);
  return { victims, close: () => transport.close() };
}
