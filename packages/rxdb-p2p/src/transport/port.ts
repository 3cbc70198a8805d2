/**
 * The transport port: how a pool finds peers and gets message links to them. simple-peer is the default
 * (`simple-peer.ts`), memory is for tests and for benchmarks (`memory.ts`). A transport knows nothing of
 * collections, documents or replicas.
 */

import type { P2PError } from '@rxdb-p2p/protocol';

/** A connected, ordered, reliable, message-preserving link to one remote peer. */
export interface Link {
  /** the transport's name for the remote end; a peer that reconnects may get another */
  readonly remoteId: string;
  /** the largest message `send` takes, bytes */
  readonly maxMessageBytes: number;
  /** bytes handed to `send` and not yet taken by the network */
  readonly bufferedBytes: number;
  /** Whether this side dialled. */
  readonly initiator: boolean;
  /** The room for which it was made: the keys of its topic prove who is at the other end. */
  readonly room: string;
  /** What encrypts the link has shown both ends the other's certificate: they are compared, so that nobody is in between. */
  readonly fingerprints: LinkFingerprints;
  /** How it goes through the network at the moment; undefined: not known. Left out by transports that cannot tell. */
  route?(): Promise<LinkRoute | undefined>;
  /** Queues one message, which is not empty. Never throws: a link that cannot send closes. */
  send(message: Uint8Array): void;
  /** At most one listener each; messages that came before are delivered to it first, in order. */
  onMessage(listener: (message: Uint8Array) => void): void;
  /** Called whenever `bufferedBytes` has fallen to or below `LINK_DRAINED_BYTES`. */
  onDrain(listener: () => void): void;
  /** Called once, after which nothing else is called. Called at once when the link is closed already. */
  onClose(listener: (reason: string) => void): void;
  /** Called when the other end may be gone: the network has changed, or this device has slept. Ask it for a sign of life. */
  onDoubt(listener: () => void): void;
  /** Its owner waits for an answer: look whether the network still works; if there is a reason, tell `onDoubt`. */
  suspect(): void;
  /** Whether its owner has no use for it: then another one may have its place. Left out by transports without a limit. */
  spare?(isSpare: boolean): void;
  /** Ends the link. May be called twice. What was sent before is still delivered where the network allows it. */
  close(): void;
  /** Ends a link whose other end is gone, and with it what waits; the transport looks for it elsewhere at once. */
  abandon(): void;
}

/** SHA-256 of the certificate of each end, as this end sees them, 32 bytes. */
export interface LinkFingerprints {
  readonly own: Uint8Array;
  readonly remote: Uint8Array;
}

export interface LinkRoute {
  /** `relay`: through a TURN server, of either side */
  readonly kind: 'direct' | 'relay';
  /** there and back, milliseconds */
  readonly roundTripMs?: number;
}

/** A link whose buffer holds this or less wants more, bytes: above the 64 KiB that keep a data channel busy. */
export const LINK_DRAINED_BYTES: number = 256 * 1024;

export interface TransportEvents {
  /** A link is open. One per remote peer, whatever number of rooms it shares with us. */
  onLink(link: Link): void;
  /** Nothing works, or something works again; never thrown. `undefined`: the last problem is over. */
  onProblem(problem: Error | undefined): void;
  /**
   * Something that came through the server of a room was refused: it does not come from a member of the topic, or was
   * changed, or was said before. What is connected goes on. Left out by transports without a server.
   */
  onRefused?(room: string, problem: P2PError): void;
  /**
   * A member of a room has answered, no connection came about, and there is no other in the room. It is tried again. Left out
   * by transports that cannot tell.
   */
  onUnreachable?(room: string): void;
}

export interface Transport {
  /**
   * Joins a room and keeps looking for peers in it until the returned function is called. Returns at once;
   * what goes wrong is told to `onProblem`, and tried again with jittered backoff.
   *
   * @param signalKey seals what members tell each other through a server, 32 bytes; the same for all uses of a room
   */
  join(room: string, signalKey: Uint8Array): () => void;
  /** Looks at once for those whose links its owner has closed. Left out by transports that do not dial again by themselves. */
  redial?(): void;
  /** Leaves all rooms and closes all links. Resolves within 2 s whatever the network does. May be called twice. */
  close(): Promise<void>;
}

/** Makes a transport for one database. Two factories with the same `key` share one transport there. */
export interface TransportFactory {
  readonly key: string;
  /** Begins to load what a transport will need, so that nobody waits for it later. What fails is tried again, and told, then. */
  preload?(): void;
  create(events: TransportEvents): Transport;
}
