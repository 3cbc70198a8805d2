/** What an application sees of a pool: plain, serialisable snapshots. Long because every member is explained where editors show it. */
import type { P2PError } from '@rxdb-p2p/protocol';
import type { Observable } from 'rxjs';
import type { KeyStorage } from '../identity/identity.ts';
import type { QuarantineReason } from '../replica/quarantine-reason.ts';
import type { TransportFactory } from '../transport/port.ts';

export type { KeyStorage, QuarantineReason };

/** Options of `collection.syncP2P(topic, options)`; every one falls back to the database's `options.p2p`. */
export interface SyncP2POptions {
  /**
   * URL of the signaling server, or up to three: then topics are joined at all of them, so that devices meet that have one
   * in common. Default in a browser: the page's own origin.
   */
  readonly signaling?: string | readonly string[];
  /**
   * Gives the token that the signaling server asks for, whose origin it is given. Called with every connection, and again before a token ends;
   * connected peers stay connected meanwhile. Of several calls for one database and server, the first one's is used.
   */
  readonly getToken?: (server: string) => string | Promise<string>;
  /** Public name of the application: rooms of different namespaces never meet. Default `app`. Letters, digits, `._~-`. */
  readonly namespace?: string;
  /**
   * Who has it may take part, and nobody else: one of `createTopicSecret()`, or a passphrase of 16 characters or more. Share
   * it over another way than the signaling server. Default none: whoever knows or guesses the topic's name can join.
   */
  readonly secret?: string;
  /** STUN and TURN servers. Default none: devices meet on one network only, or where addresses are public. */
  readonly iceServers?: readonly RTCIceServer[];
  /** `relay` uses TURN servers alone. Default `all`. */
  readonly iceTransportPolicy?: RTCIceTransportPolicy;
  /** Connections at once, 2 to 64; other devices are reached through those in between. Default 8. */
  readonly maxConnections?: number;
  /** Whether this device sends its documents. Default true. */
  readonly push?: boolean;
  /** Whether this device takes documents. Default true. */
  readonly pull?: boolean;
  /** The application's version of its own `conflictHandler`: peers with another one are refused. Default `1`. */
  readonly conflictHandlerVersion?: string;
  /**
   * Peers whose clock is further off than this are refused, with both clocks in the error: who wins of two edits would be
   * decided by who is wrong. Milliseconds, default 24 hours; `Infinity` refuses nobody.
   */
  readonly maxClockDifferenceMs?: number;
  /** Ids of the replicas that may take part; nobody else is even asked about. Default: all may. */
  readonly allowedPeers?: readonly string[];
  /** Whether a peer may take part: `authorize` for yes and no. Default: all may. */
  readonly isPeerValid?: (peer: PeerIdentity) => boolean | Promise<boolean>;
  /**
   * What a peer may do. Asked for every connection, before anything of the collection is said, and again by `reauthorize()`.
   * As long as it does not answer, the peer waits. Default: all may do all.
   */
  readonly authorize?: (peer: PeerIdentity) => PeerVerdict | Promise<PeerVerdict>;
  /** How links are made. Default: simple-peer over `signaling`. */
  readonly transport?: TransportFactory;
}

export interface PeerIdentity {
  /** SHA-256 of the peer's public key, base64url: the same device and database have the same one for ever. */
  readonly replica: string;
}

/** What a peer may do, on this device and over the link to it alone: what it holds already it can pass on to others. */
export interface PeerRights {
  /** It gets the documents of this device. */
  readonly read: boolean;
  /** Documents of it are taken. */
  readonly write: boolean;
}

export type PeerVerdict = 'allow' | 'deny' | PeerRights;

/** Which ways documents go over a link: `to-peer`: nothing is taken from it; `from-peer`: nothing is sent to it. */
export type PeerExchange = 'both' | 'to-peer' | 'from-peer';

export type PeerPhase = 'connecting' | 'refused' | 'catching-up' | 'comparing' | 'in-sync' | 'acknowledged';

/** One remote replica on this topic and collection. */
export interface PeerSnapshot extends PeerIdentity {
  /**
   * `in-sync`: both sides hold the same versions, as both have said. `comparing`: they do not, though both have received the
   * same writes, and find out in what they differ. `acknowledged`: the other side has persisted all of ours, on a channel
   * that goes one way. `refused`: see `code`.
   */
  readonly phase: PeerPhase;
  /** By what both sides want and allow. Absent for one that was refused. */
  readonly exchange?: PeerExchange;
  /** Why the channel was refused, such as `SCHEMA_DIFFERS`; `CLAIMS_UNSERVED`: it has not sent what it says to have. */
  readonly code?: string;
  /** `relay`: through a TURN server. Absent while it is not known, and where the transport does not tell. */
  readonly route?: PeerRoute;
  /** There and back, milliseconds, measured every few seconds. Absent like `route`. */
  readonly roundTripMs?: number;
  /** Documents that the peer lacks and was not sent yet; an upper bound. */
  readonly documentsToSend: number;
  /** About how much that is, bytes, by the size of those that have crossed so far; 0 when none has. */
  readonly bytesToSend: number;
  /** Documents that the peer has and this device has not stored yet; an upper bound. */
  readonly documentsToReceive: number;
  /** As `bytesToSend`. */
  readonly bytesToReceive: number;
  /** When both sides last held the same writes, milliseconds since 1970. */
  readonly lastCompleteAt?: number;
}

export type PeerRoute = 'direct' | 'relay';

export type PoolPhase =
  /** Another tab leads, or the collection is being read for the first time. */
  | 'starting'
  /** Looking for peers. */
  | 'alone'
  /** Connected, and documents are still on their way. */
  | 'syncing'
  /** Connected, and every peer holds the same writes. */
  | 'in-sync'
  /** The storage has failed; see `problem`. Goes on by itself. */
  | 'paused'
  /** Stopped by an error that does not pass by itself; see `problem`. */
  | 'failed'
  | 'cancelled';

/** Why a collection is not in sync. Of several reasons the first of this list is told. */
export const NOT_IN_SYNC_REASONS = [
  /** The pool was cancelled, or its collection closed. */
  'cancelled',
  /** Nothing goes on by itself: see `problem`. */
  'failed',
  /** The storage is full or fails; it is tried again: see `problem`. */
  'storage',
  /** RxDB is still moving the collection to its new schema. */
  'migrating',
  /** The tab that leads this collection has not opened this topic: it waits until that does, or another one leads. */
  'not-led',
  /** Another tab leads, or the collection is being read. */
  'starting',
  /** Nobody is connected. */
  'no-peer',
  /** Whoever is connected was refused, or has refused us: see `peers`. */
  'refused',
  /** A peer has connected and has not said yet what it holds. */
  'connecting',
  /** A peer has received the same writes and holds other versions: both are compared, and repaired. */
  'comparing',
  /** Documents are on their way to this device. */
  'receiving',
  /** Documents are on their way to a peer, or it has not stored them yet. */
  'sending',
] as const;

export type NotInSyncReason = (typeof NOT_IN_SYNC_REASONS)[number];

/** How far a catch-up has come. It goes on counting when it was interrupted. */
export interface SyncProgress {
  /** stored so far */
  readonly documentsDone: number;
  /** stored or known to come; falls when some turn out to be here already */
  readonly documentsTotal: number;
  readonly bytesDone: number;
  /** an estimate, by the size of the documents so far */
  readonly bytesTotal: number;
  /** over the last seconds; 0 while it is not known */
  readonly bytesPerSecond: number;
  /** Absent while it is not known. */
  readonly secondsLeft?: number;
}

export interface PoolProblem {
  readonly code: string;
  readonly message: string;
  /** When it is tried again, milliseconds since 1970; where that is known. */
  readonly retryAt?: number;
}

/** A plain object: `structuredClone` and JSON keep it whole. */
export interface PoolStatus {
  readonly phase: PoolPhase;
  /** Absent exactly when `phase` is `in-sync`. */
  readonly notInSync?: NotInSyncReason;
  /** This device's own id; not known while starting. */
  readonly replica?: string;
  /**
   * How this device's secret key is stored: `plain` where the database has no encryption. Whoever reads it can pass for this
   * device. Not known while starting.
   */
  readonly keyStorage?: KeyStorage;
  /** `none`: without a secret, whoever knows or guesses the topic's name can join. */
  readonly protection: 'secret' | 'none';
  /**
   * What came through the signaling server since this tab leads and was refused: from somebody without the secret, changed
   * on the way, or said before.
   */
  readonly refusedSignals: number;
  readonly peers: readonly PeerSnapshot[];
  /** Local writes that no peer has persisted yet; an upper bound. */
  readonly writesWaiting: number;
  /** Documents with concurrent edits that nobody has decided on. */
  readonly conflicts: number;
  /** Documents with a version that is kept aside: `quarantine()` lists them. */
  readonly quarantined: number;
  /** Of the catch-up under way, if this device is receiving one. */
  readonly progress?: SyncProgress;
  /**
   * The last problem that is not over. With the phases `paused` and `failed` it is what stopped sync; with others, such
   * as a signaling server out of reach, those who are connected go on.
   */
  readonly problem?: PoolProblem;
}

/** A document that two people changed at once in a way that the merge had to decide. */
export interface ContestedDocument {
  readonly id: string;
  /** Top-level fields that were given different values; empty for an edit against a delete. */
  readonly fields: readonly string[];
  readonly editAgainstDelete: boolean;
}

export interface ConflictVersion<Doc> {
  /** Whether this device wrote it. */
  readonly own: boolean;
  /** The write's name: who (a replica's actor) and which of its writes. */
  readonly actor: string;
  readonly seq: number;
  /** When, milliseconds since 1970 by the writer's clock. */
  readonly time: number;
  readonly deleted: boolean;
  readonly document: Doc;
}

/** A version of a document that this device keeps and passes on, and does not show. */
export interface QuarantinedVersion {
  /** The document's id. */
  readonly id: string;
  /** The write's name: who (a replica's actor) and which of its writes. */
  readonly actor: string;
  readonly seq: number;
  /** When, milliseconds since 1970 by the writer's clock. */
  readonly time: number;
  /** Why it is not shown. */
  readonly reason: QuarantineReason;
  /** The same for people. */
  readonly text: string;
  /** Bytes of its content in UTF-8; of one that did not travel, what its author says, or 0. */
  readonly bytes: number;
  /** Its content as it came: hostile text, which need not be JSON. Undefined where it was too large to travel. */
  readonly content?: string;
}

export interface QuarantinePage {
  /** Oldest first. */
  readonly versions: readonly QuarantinedVersion[];
  /** Give it to `quarantine({ after })` for the next page; left out: there is none. */
  readonly next?: number;
}

export interface QuarantineOptions {
  /** `next` of the page before. Default: the first page. */
  readonly after?: number;
  /** The most versions of a page, 1 to 1,000. Default 100. A page of large versions has fewer. */
  readonly limit?: number;
}

/** A handle on the pool of (collection, topic); the pool stops with its last handle. */
export interface P2PPool<Doc = unknown> {
  readonly topic: string;
  readonly collectionName: string;
  readonly status$: Observable<PoolStatus>;
  readonly peers$: Observable<readonly PeerSnapshot[]>;
  /** The same by replica id, in the shape that users of RxDB's WebRTC replication know. */
  readonly peerStates$: Observable<ReadonlyMap<string, PeerSnapshot>>;
  /** Problems as they happen, repeated ones included. Never completes with an error. */
  readonly error$: Observable<P2PError>;
  /** Contested documents, until someone writes them. */
  readonly conflicts$: Observable<readonly ContestedDocument[]>;
  /** The concurrent versions of one document; empty when nothing is contested. */
  conflicts(id: string): Promise<readonly ConflictVersion<Doc>[]>;
  /**
   * Versions that are kept aside, not shown, in pages.
   *
   * @throws P2PError (as a rejection) `OPTIONS_INVALID`
   */
  quarantine(options?: QuarantineOptions): Promise<QuarantinePage>;
  /**
   * Ends the quarantine of one version, on all devices, by a write that supersedes it.
   *
   * @param version as `quarantine` lists it
   * @param document what the document is to say from now on. Default: what it shows now; a document that shows nothing
   * is deleted
   * @returns false: that version is not kept aside any more
   * @throws P2PError (as a rejection) `DOCUMENT_INVALID`, `CANCELLED`
   */
  release(version: Pick<QuarantinedVersion, 'id' | 'actor' | 'seq'>, document?: Doc): Promise<boolean>;
  /** Resolves when at least one peer is connected and all connected peers hold the same writes. Rejects when cancelled. */
  inSync(): Promise<void>;
  awaitFirstPeer(): Promise<PeerSnapshot>;
  /** Asks `isPeerValid` and `authorize` again about every connected peer, and acts on what has changed. */
  reauthorize(): Promise<void>;
  /**
   * Ends all connections with a replica, in all pools of this database and for ever; it learns `BLOCKED`. Whoever holds
   * what lets him into the topic can come back with a new id, unless there is an allow-list.
   *
   * @throws P2PError (as a rejection) `OPTIONS_INVALID`
   */
  block(replica: string): Promise<void>;
  /** @throws P2PError (as a rejection) `OPTIONS_INVALID` */
  unblock(replica: string): Promise<void>;
  /** Ids of the replicas that are blocked. */
  blocked(): Promise<readonly string[]>;
  cancel(): Promise<void>;
}
