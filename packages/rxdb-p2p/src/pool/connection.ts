/** The shell of one connection: link, chunks, frames, and the pure steps of `@rxdb-p2p/protocol`. */
import type {
  ByeCode,
  ChannelOffer,
  ConnectionEffect,
  ConnectionInput,
  Directions,
  Frame,
  Handshake,
  HelloFrame,
  PeerIntroduction,
  RefuseCode,
  SyncFrame,
} from '@rxdb-p2p/protocol';
import {
  connectionStep,
  encodeFrame,
  initialConnection,
  nextLookAt,
  P2PError,
  splitIntoMessages,
} from '@rxdb-p2p/protocol';
import { LINK_DRAINED_BYTES, type Link, type LinkRoute } from '../transport/port.ts';
import { createIntake } from './intake.ts';
import { hex } from './tab-names.ts';
import type { Timers } from './timers.ts';

export interface ChannelHandlers {
  opened(channel: number, directions: Directions): void;
  received(channel: number, frame: SyncFrame): void;
  refused(channel: number, code: RefuseCode, text: string): void;
  closed(channel: number): void;
}

export interface Connection {
  /** Set once the peer has proved who it is, and introduced itself. */
  readonly peer: PeerIntroduction | null;
  /** Both ends give it the same, which no other connection has: the hash of its handshake. */
  readonly name: string;
  readonly closed: boolean;
  /** @returns a number for `withdraw`; the handlers get the channel's number of the moment */
  offer(offer: ChannelOffer, denied: boolean, handlers: ChannelHandlers): number;
  withdraw(channel: number): void;
  /** Refuses an open channel, of the number of the moment, for what came on it. */
  refuse(channel: number, code: RefuseCode, text: string): void;
  send(channel: number, frame: SyncFrame): void;
  writable(): Promise<void>;
  /** Whether nothing can come of it as things are: its place in the transport may go to another one. */
  spare(isSpare: boolean): void;
  /** Undefined: not known, or the transport does not tell. */
  route(): Promise<LinkRoute | undefined>;
  /** Whether a large frame is coming in, part by part. */
  readonly receiving: boolean;
  /** Whether anything comes from the peer within the time. */
  isAlive(withinMs: number): Promise<boolean>;
  end(code: ByeCode, text: string): void;
}

export interface ConnectionEvents {
  onMet(connection: Connection, peer: PeerIntroduction): void;
  onEnd(connection: Connection, code: ByeCode | 'LINK_CLOSED', text: string, byPeer: boolean): void;
}

/** What two sides begin with. */
export interface ConnectionBeginning {
  readonly self: HelloFrame;
  readonly handshake: Handshake;
}

/** A peer that has not introduced itself by then does not mean to, milliseconds: signs of life are not enough. */
const HELLO_WITHIN_MS = 15_000;

export function createConnection(
  link: Link,
  { self, handshake }: ConnectionBeginning,
  timers: Timers,
  events: ConnectionEvents,
): Connection {
  let state = initialConnection(self, handshake);
  let trusted = false;
  const channels = new Map<number, ChannelHandlers>();
  /** current channel numbers by the number that `offer` returned */
  const numbers = new Map<number, number>();
  const writers: (() => void)[] = [];
  /** messages received so far, and who waits for the next */
  let heardSince = 0;
  const onceHeard: (() => void)[] = [];
  let ended = false;
  let stopTick = (): void => undefined;
  let tickAt = Number.POSITIVE_INFINITY;
  let sentBytes = 0;
  let stopWaiting = (): void => undefined;

  function step(input: ConnectionInput): void {
    const [next, effects] = connectionStep(state, input);
    state = next;
    if (state.proven !== null && !trusted) {
      trusted = true;
      intake.trust();
    }
    for (const effect of effects) perform(effect);
    tickInTime();
  }

  function perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'send':
        sendFrame(effect.frame);
        break;
      case 'met':
        events.onMet(connection, effect.peer);
        break;
      case 'opened':
        channels.get(effect.channel)?.opened(effect.channel, effect.directions);
        break;
      case 'received':
        channels.get(effect.channel)?.received(effect.channel, effect.frame);
        break;
      case 'refused':
        channels.get(effect.channel)?.refused(effect.channel, effect.code, effect.text);
        break;
      case 'closed':
        channels.get(effect.channel)?.closed(effect.channel);
        break;
      case 'renumbered':
        renumber(effect.channel, effect.to);
        break;
      case 'suspect':
        link.suspect();
        break;
      case 'end':
        finish(effect.code, effect.text, effect.byPeer);
        break;
    }
  }

  function sendFrame(frame: Frame): void {
    let bytes: Uint8Array;
    try {
      bytes = encodeFrame(frame);
    } catch (error) {
      // One frame that cannot be sent must not end more than its connection.
      if (!(error instanceof P2PError) || ended) throw error;
      finish('PROTOCOL_ERROR', `a frame could not be sent: ${error.message}`, false);
      return;
    }
    // What versions cost is kept within bounds by credit.
    if (frame.type !== 'entries' && frame.type !== 'push') intake.charge(bytes.length);
    for (const message of splitIntoMessages(bytes, link.maxMessageBytes)) {
      sentBytes += message.byteLength;
      link.send(message);
    }
  }

  /** Callers keep the number that their offer got. */
  function renumber(channel: number, to: number): void {
    const handlers = channels.get(channel);
    channels.delete(channel);
    if (handlers !== undefined) channels.set(to, handlers);
    for (const [offered, current] of numbers) if (current === channel) numbers.set(offered, to);
  }

  function finish(code: ByeCode | 'LINK_CLOSED', text: string, byPeer: boolean): void {
    if (ended) return;
    ended = true;
    stopTick();
    stopWaiting();
    intake.close();
    if (code === 'TIMED_OUT') link.abandon();
    else link.close();
    for (const [channel, handlers] of channels) handlers.closed(channel);
    channels.clear();
    for (const resume of writers.splice(0)) resume();
    events.onEnd(connection, code, text, byPeer);
  }

  function receive(message: Uint8Array): void {
    if (ended) return;
    heardSince++;
    for (const resolve of onceHeard.splice(0)) resolve();
    intake.push(message);
  }

  function refuse({ code, message }: P2PError): void {
    const known = code === 'FRAME_TOO_LARGE' || code === 'OVER_BUDGET';
    step({ type: 'end', code: known ? code : 'PROTOCOL_ERROR', text: message });
  }

  const intake = createIntake({
    timers,
    frame: (frame) => step({ type: 'frame', frame, now: timers.now() }),
    heard: () => step({ type: 'heard', now: timers.now() }),
    refuse,
    unread: () => link.bufferedBytes,
  });

  function tick(): void {
    tickAt = Number.POSITIVE_INFINITY;
    step({ type: 'tick', now: timers.now(), sent: sentBytes, queued: link.bufferedBytes });
  }

  /** A tick is moved forward when something is due before it, never back. */
  function tickInTime(): void {
    const at = nextLookAt(state.liveness);
    if (ended || at >= tickAt) return;
    stopTick();
    tickAt = at;
    stopTick = timers.after(Math.max(0, at - timers.now()), tick);
  }

  const connection: Connection = {
    get peer() {
      return state.peer;
    },
    get name() {
      return state.proven === null ? '' : hex(state.proven.hash);
    },
    get closed() {
      return ended;
    },
    offer(offer, denied, handlers) {
      const channel = state.lastChannel + 1;
      channels.set(channel, handlers);
      numbers.set(channel, channel);
      step({ type: 'offer', offer, denied });
      return channel;
    },
    withdraw(offered) {
      const channel = numbers.get(offered);
      numbers.delete(offered);
      if (channel === undefined) return;
      channels.delete(channel);
      step({ type: 'withdraw', channel });
    },
    refuse: (channel, code, text) => step({ type: 'refuse', channel, code, text }),
    send: (channel, frame) => step({ type: 'sync-frame', channel, frame, now: timers.now() }),
    get receiving() {
      return intake.receiving;
    },
    writable() {
      if (ended || link.bufferedBytes <= LINK_DRAINED_BYTES) return Promise.resolve();
      return new Promise((resolve) => writers.push(resolve));
    },
    spare: (isSpare) => link.spare?.(isSpare),
    route: () => link.route?.() ?? Promise.resolve(undefined),
    async isAlive(withinMs) {
      const since = heardSince;
      sendFrame({ type: 'ping', token: 0 });
      await new Promise<void>((resolve) => {
        const stop = timers.after(withinMs, resolve);
        onceHeard.push(() => {
          stop();
          resolve();
        });
      });
      return !ended && heardSince > since;
    },
    end: (code, text) => step({ type: 'end', code, text }),
  };

  link.onClose((reason) => finish('LINK_CLOSED', reason, false));
  /** One writer after another: each may fill the link again. */
  function nextWriter(): void {
    if (writers.length === 0 || link.bufferedBytes > LINK_DRAINED_BYTES) return;
    writers.shift()?.();
    timers.after(0, nextWriter);
  }

  link.onDrain(() => {
    nextWriter();
    intake.resume();
  });
  step({ type: 'start', now: timers.now() });
  if (ended) return connection;
  link.onDoubt(() => step({ type: 'doubt', now: timers.now() }));
  stopWaiting = timers.after(HELLO_WITHIN_MS, () => {
    if (state.phase === 'open') return;
    step({ type: 'end', code: 'TIMED_OUT', text: `no HELLO within ${HELLO_WITHIN_MS / 1_000} s` });
  });
  link.onMessage(receive);
  return connection;
}
