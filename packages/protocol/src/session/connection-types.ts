/** What goes into and comes out of one connection (`connection.ts`). */
import type { ByeCode, Frame, HelloFrame, OpenFrame, RefuseCode } from './frames.ts';
import type { Handshake, ProvenPeer } from './handshake.ts';
import type { Liveness, QueueLook } from './liveness.ts';
import type { Directions, SyncFrame } from './sync-types.ts';

/** What we offer under a channel number of our own. */
export interface ChannelOffer extends Omit<OpenFrame, 'type' | 'channel' | 'proof'> {
  /** name of the topic's room, which stays here */
  readonly room: string;
  /** `open` of the topic's keys, which stays here too */
  readonly openKey: Uint8Array;
}

/** Whom a connection is with: what its handshake has proved, and what it says of itself. */
export interface PeerIntroduction extends Omit<HelloFrame, 'type'> {
  /** SHA-256 of the replica's public key, base64url, 43 characters; proved */
  readonly replica: string;
}

export interface LocalChannel {
  readonly offer: ChannelOffer;
  /** `denied`: the application does not want this peer here; it learns a code and nothing else */
  readonly state: 'waiting' | 'open' | 'refused' | 'denied';
}

export interface RemoteChannel {
  readonly open: OpenFrame;
  /** the room whose key it proves, of those that we have offered; null: none */
  readonly room: string | null;
}

export interface ConnectionState {
  readonly phase: 'version' | 'handshake' | 'hello' | 'open' | 'closed';
  readonly self: HelloFrame;
  readonly handshake: Handshake;
  readonly proven: ProvenPeer | null;
  readonly peer: PeerIntroduction | null;
  /** by our number */
  readonly local: ReadonlyMap<number, LocalChannel>;
  /** by the peer's number */
  readonly remote: ReadonlyMap<number, RemoteChannel>;
  /** keys of the topics that we have offered on this connection, by room, the last ones */
  readonly topics: ReadonlyMap<string, Uint8Array>;
  readonly lastChannel: number;
  /** the highest number that the peer has opened: its numbers rise */
  readonly highestRemote: number;
  readonly liveness: Liveness;
}

export type ConnectionInput =
  | { readonly type: 'start'; readonly now: number }
  | { readonly type: 'frame'; readonly frame: Frame; readonly now: number }
  /** A part of a frame came: large frames take long on slow links. */
  | { readonly type: 'heard'; readonly now: number }
  | { readonly type: 'offer'; readonly offer: ChannelOffer; readonly denied: boolean }
  | { readonly type: 'withdraw'; readonly channel: number }
  /** The peer has done on an open channel what it may not: nothing more is said there. */
  | { readonly type: 'refuse'; readonly channel: number; readonly code: RefuseCode; readonly text: string }
  | { readonly type: 'sync-frame'; readonly channel: number; readonly frame: SyncFrame; readonly now: number }
  | ({ readonly type: 'tick' } & QueueLook)
  /** The peer may be gone: the network has changed, this device has slept, or the transport says so. */
  | { readonly type: 'doubt'; readonly now: number }
  | { readonly type: 'end'; readonly code: ByeCode; readonly text: string };

export type ConnectionEffect =
  | { readonly type: 'send'; readonly frame: Frame }
  /** The peer has said who it is. Offers may be made from now on. */
  | { readonly type: 'met'; readonly peer: PeerIntroduction; readonly proven: ProvenPeer }
  /** Both sides have opened the channel. */
  | { readonly type: 'opened'; readonly channel: number; readonly directions: Directions; readonly open: OpenFrame }
  | { readonly type: 'received'; readonly channel: number; readonly frame: SyncFrame }
  | { readonly type: 'refused'; readonly channel: number; readonly code: RefuseCode; readonly text: string }
  | { readonly type: 'closed'; readonly channel: number }
  /** Our side of the channel goes on under another number. */
  | { readonly type: 'renumbered'; readonly channel: number; readonly to: number }
  /** An answer does not come: have the transport look whether the network still works. */
  | { readonly type: 'suspect' }
  /** Send what is queued, then end the link. */
  | { readonly type: 'end'; readonly code: ByeCode; readonly text: string; readonly byPeer: boolean };
