/** What goes into and comes out of one connection (`connection.ts`). */
import type { ByeCode, Frame, HelloFrame, OpenFrame, RefuseCode } from './frames.ts';
import type { Liveness, QueueLook } from './liveness.ts';
import type { Directions, SyncFrame } from './sync-types.ts';

/** What we offer under a channel number of our own; `room` is the room's name, which stays here. */
export type ChannelOffer = Omit<OpenFrame, 'type' | 'channel'>;

export interface LocalChannel {
  readonly offer: ChannelOffer;
  /** the peer's proof that it means the same room */
  readonly expects: string;
  /** `denied`: the application does not want this peer here; it learns a code and nothing else */
  readonly state: 'waiting' | 'open' | 'refused' | 'denied';
}

export interface ConnectionState {
  readonly phase: 'version' | 'hello' | 'open' | 'closed';
  readonly self: HelloFrame;
  readonly peer: HelloFrame | null;
  /** by our number */
  readonly local: ReadonlyMap<number, LocalChannel>;
  /** by the peer's number */
  readonly remote: ReadonlyMap<number, OpenFrame>;
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
  | { readonly type: 'met'; readonly peer: HelloFrame }
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
