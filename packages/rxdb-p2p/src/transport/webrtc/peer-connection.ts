/** One simple-peer from its first signal to its end: what it needs, what it may be told, and its data channel. */

import { P2PError } from '@rxdb-p2p/protocol';
import { createInbox, type Inbox } from '../inbox.ts';
import { CLOSE_GRACE_MS, DEFAULT_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MIN_MESSAGE_BYTES } from '../link-limits.ts';
import type { IceCandidate, SignalBody } from '../mesh/signal-codec.ts';
import type { LinkFingerprints, LinkRoute } from '../port.ts';
import { fingerprintIn, fingerprintsOf } from './dtls-fingerprint.ts';
import { routeIn } from './route.ts';
import type { SimplePeerClass, SimplePeerInstance } from './simple-peer-class.ts';
import type { TolerantWebRTC } from './webrtc.ts';

/** Candidates that one side may send for one connection: addresses of a machine, times servers, times protocols. */
export const MAX_CANDIDATES: number = 64;

/** Both sides open this channel by its number: no round trip to announce it, and others that a peer opens are ignored. */
const CHANNEL: RTCDataChannelInit = { negotiated: true, id: 0, ordered: true };

/**
 * An empty message says that no other follows; who gets it ends the connection. To close a channel is not enough: not
 * every implementation sends first what it has accepted.
 */
const END: Uint8Array = new Uint8Array(0);

/**
 * Candidates that were found early are in the description and come one by one too. Once is enough; and libdatachannel
 * fails now and then on a description that has them.
 */
const CANDIDATE_LINES = /^a=(candidate:.*|end-of-candidates)\r?\n/gm;

/** simple-peer's timer for those who do not trickle: it is never cleared, and would hold a Node process, milliseconds. */
const ICE_COMPLETE_TIMEOUT_MS = 1;

export interface PeerConnectionDeps {
  readonly SimplePeer: SimplePeerClass;
  readonly webRTC: TolerantWebRTC;
  readonly config: RTCConfiguration;
}

export interface PeerConnectionEvents {
  onSignal(body: SignalBody): void;
  onOpen(): void;
  /** The end, whether it was open or not. `error` is what went wrong, if anything did. */
  onEnd(error: Error | undefined): void;
  /** The other side does not answer just now. */
  onDoubt(): void;
}

export interface PeerConnection {
  /** Undefined once it has ended. */
  readonly channel: RTCDataChannel | undefined;
  readonly inbox: Inbox;
  /** What the other side takes in one message, bytes; known when it is open. */
  readonly maxMessageBytes: number;
  /** Whether the other side's description has come. */
  readonly described: boolean;
  /** Whether the other side answers just now, as far as the network layer knows. */
  readonly answers: boolean;
  /** What the selected pair of candidates is; undefined: none is, or it has ended. */
  route(): Promise<LinkRoute | undefined>;
  /** Resolves when nothing is left of it. */
  readonly gone: Promise<void>;
  /**
   * A signal of the other side. False when it does not fit here; that changes nothing. A problem: this side does not want to
   * be connected with that one.
   */
  take(body: SignalBody): boolean | P2PError;
  /** SHA-256 of the certificates of both ends, once it is open. */
  fingerprints(): LinkFingerprints | P2PError;
  /** @throws what the data channel throws */
  send(message: Uint8Array): void;
  /** Ends it when the other side has got what was sent, or after CLOSE_GRACE_MS. */
  finish(): void;
  /** Ends it now. */
  destroy(): void;
}

export function createPeerConnection(
  { SimplePeer, webRTC, config }: PeerConnectionDeps,
  initiator: boolean,
  events: PeerConnectionEvents,
): PeerConnection {
  const peer: SimplePeerInstance = new SimplePeer({
    initiator,
    wrtc: webRTC,
    // Implementations change what they are given. Without servers simple-peer would take public ones.
    config: { ...config, iceServers: (config.iceServers ?? []).map((server) => ({ ...server })) },
    trickle: true,
    objectMode: true,
    channelConfig: CHANNEL,
    iceCompleteTimeout: ICE_COMPLETE_TIMEOUT_MS,
  });
  const inbox = createInbox();
  /** candidates that were found before the description they belong to was sent */
  let early: SignalBody[] | undefined = [];
  let candidatesSent = 0;
  let candidatesTaken = 0;
  let described = false;
  let maxMessageBytes = DEFAULT_MESSAGE_BYTES;
  let failure: Error | undefined;
  let ended = false;
  let grace: ReturnType<typeof setTimeout> | undefined;
  let tellGone: () => void;
  const gone = new Promise<void>((resolve) => {
    tellGone = resolve;
  });

  function sendSignal(body: SignalBody): void {
    if (body.kind === 'candidate') {
      candidatesSent += 1;
      if (candidatesSent > MAX_CANDIDATES) return;
      if (early !== undefined) return void early.push(body);
    }
    events.onSignal(body);
    if (body.kind === 'candidate') return;
    const waiting = early ?? [];
    early = undefined;
    for (const candidate of waiting) events.onSignal(candidate);
  }

  function take(body: SignalBody): boolean | P2PError {
    if (ended) return false;
    switch (body.kind) {
      case 'offer':
      case 'answer': {
        if (described || initiator !== (body.kind === 'answer')) return false;
        described = true;
        const fingerprint = fingerprintIn(body.sdp);
        if (fingerprint instanceof P2PError) return fingerprint;
        maxMessageBytes = messageLimit(body.sdp);
        if (maxMessageBytes < MIN_MESSAGE_BYTES) return false;
        return attempt(() => peer.signal({ type: body.kind, sdp: body.sdp }));
      }
      case 'candidate': {
        candidatesTaken += 1;
        if (candidatesTaken > MAX_CANDIDATES) return false;
        const { candidate, sdpMid, sdpMLineIndex } = body;
        return attempt(() => peer.signal({ type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex } }));
      }
      default:
        return false;
    }
  }

  function finish(): void {
    if (ended || grace !== undefined) return;
    grace = setTimeout(() => peer.destroy(), CLOSE_GRACE_MS);
    if (!attempt(() => peer.send(END))) peer.destroy();
  }

  function receive(data: unknown): void {
    if (ended) return;
    if (!(data instanceof Uint8Array)) fail('it sent text');
    else if (data.byteLength === 0) peer.destroy();
    // A plain array: simple-peer's are of a class whose slices are not copies.
    else if (!inbox.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))) fail('nobody listens');
  }

  function answers(): boolean {
    const state = peer._pc?.iceConnectionState;
    return state !== 'disconnected' && state !== 'failed' && state !== 'closed';
  }

  function fail(reason: string): void {
    failure = new Error(reason);
    peer.destroy();
  }

  peer.on('signal', (signal) => {
    const body = toBody(signal);
    if (body !== undefined && !ended) sendSignal(body);
  });
  peer.on('data', receive);
  peer.on('connect', () => {
    if (!ended) events.onOpen();
  });
  peer.on('iceStateChange', () => {
    if (!ended && !answers()) events.onDoubt();
  });
  peer.on('error', (error) => {
    failure ??= error;
  });
  peer.on('close', () => {
    ended = true;
    clearTimeout(grace);
    events.onEnd(failure);
    tellGone();
  });

  return {
    get channel() {
      return ended ? undefined : (peer._channel ?? undefined);
    },
    inbox,
    get maxMessageBytes() {
      return maxMessageBytes;
    },
    get described() {
      return described;
    },
    get answers() {
      return !ended && answers();
    },
    async route() {
      const stats = ended ? undefined : await peer._pc?.getStats();
      return stats === undefined ? undefined : routeIn(stats);
    },
    gone,
    fingerprints: () => fingerprintsOf(peer._pc ?? {}),
    take,
    send: (message) => peer.send(message),
    finish,
    destroy: () => peer.destroy(),
  };
}

/** simple-peer throws for a signal that the implementation does not take. */
function attempt(act: () => void): boolean {
  try {
    act();
    return true;
  } catch {
    return false;
  }
}

/** What simple-peer wants to be sent to the other side, if it is of use for a data channel. */
function toBody(signal: unknown): SignalBody | undefined {
  const { type, sdp, candidate } = signal as { type?: unknown; sdp?: unknown; candidate?: IceCandidate };
  if ((type === 'offer' || type === 'answer') && typeof sdp === 'string') {
    return { kind: type, sdp: sdp.replaceAll(CANDIDATE_LINES, '') };
  }
  if (type !== 'candidate' || candidate === undefined || candidate.candidate === '') return undefined;
  return { kind: 'candidate', ...candidate };
}

/** RFC 8841, section 6: absent means 64 KiB, and 0 means any size. */
function messageLimit(sdp: string): number {
  const size = /^a=max-message-size:(\d{1,15})\s*$/m.exec(sdp)?.[1];
  if (size === undefined) return DEFAULT_MESSAGE_BYTES;
  return Number(size) === 0 ? MAX_MESSAGE_BYTES : Math.min(Number(size), MAX_MESSAGE_BYTES);
}
