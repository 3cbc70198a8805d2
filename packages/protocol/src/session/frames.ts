/** The messages of a connection and of its channels (ARCHITECTURE §5). SPEC.md gives their bytes. */
import type { Actor } from '../version/dot.ts';
import type { Print } from '../version/fingerprint.ts';
import type { Version } from '../version/head.ts';
import type { Vector } from '../version/vector.ts';

/** Why a channel was refused: a closed union; anything else from a peer is a protocol error. */
export const REFUSE_CODES = [
  'SCHEMA_VERSION_DIFFERS',
  'SCHEMA_DIFFERS',
  'MERGE_MODE_DIFFERS',
  'ATTACHMENTS_UNSUPPORTED',
  'NOTHING_TO_EXCHANGE',
  'NOT_ALLOWED',
  'TOO_MANY_CHANNELS',
  'READ_NOT_ALLOWED',
  'WRITE_NOT_ALLOWED',
] as const;
export type RefuseCode = (typeof REFUSE_CODES)[number];

/** Why a connection ended. */
export const BYE_CODES = [
  'CLOSED',
  'VERSION_UNSUPPORTED',
  'PROTOCOL_ERROR',
  'FRAME_TOO_LARGE',
  'DUPLICATE_CONNECTION',
  'REPLICA_CLONED',
  'TIMED_OUT',
  'NOT_ALLOWED',
  'OVER_BUDGET',
  'BLOCKED',
  'HANDSHAKE_UNREADABLE',
  'HANDSHAKE_REFLECTED',
  'HANDSHAKE_REPLAYED',
  'REPLICA_UNPROVED',
  'TOPIC_UNPROVED',
] as const;
export type ByeCode = (typeof BYE_CODES)[number];

/** A place in a sender's journal: valid only for this journal and, within it, below the next epoch's first lsn. */
export interface Cursor {
  /** journal id, 22 characters of base64url */
  readonly journal: string;
  /** epoch id, 11 characters of base64url */
  readonly epoch: string;
  readonly lsn: number;
}

/** The first message each way, in a layout that never changes. */
export interface VersionFrame {
  readonly type: 'version';
  readonly version: number;
}

/** One of the two messages of the Noise handshake. */
export interface NoiseFrame {
  readonly type: 'noise';
  /** NOISE_FRAME_BYTES */
  readonly data: Uint8Array;
}

/** Which replica the sender is, sealed by the handshake. */
export interface ProofFrame {
  readonly type: 'proof';
  /** PROOF_FRAME_BYTES */
  readonly data: Uint8Array;
}

export interface HelloFrame {
  readonly type: 'hello';
  /** 16 random bytes of this tab's session: a replica may have several tabs, each leading other collections */
  readonly session: Uint8Array;
  /** sender's wall clock, milliseconds since 1970 */
  readonly time: number;
  /** names of optional abilities; unknown ones are ignored */
  readonly features: readonly string[];
}

export interface OpenFrame {
  readonly type: 'open';
  /** the sender's number for this channel, 1 to 2^32 − 1, used in all that it sends about it */
  readonly channel: number;
  /** that the sender has the topic's key; good for this channel, of this connection, in this direction. 32 bytes */
  readonly proof: Uint8Array;
  readonly collection: string;
  readonly schemaVersion: number;
  /** SHA-256 of the canonical schema, base64url, 43 characters */
  readonly schemaHash: string;
  /** `fields`, or `handler:<version>` */
  readonly mergeMode: string;
  readonly sends: boolean;
  readonly receives: boolean;
}

export interface RefuseFrame {
  readonly type: 'refuse';
  readonly channel: number;
  readonly code: RefuseCode;
  readonly text: string;
}

export interface CloseFrame {
  readonly type: 'close';
  readonly channel: number;
}

/** What the sender has persisted. Absolute: it replaces what the receiver knew. */
export interface HaveFrame {
  readonly type: 'have';
  readonly channel: number;
  /** `hashVector` of the whole vector, 16 bytes */
  readonly hash: Uint8Array;
  /** `hash`: nothing listed. `whole`: all entries. `changes`: entries that differ from the last HAVE (seq 0: removed). */
  readonly form: 'hash' | 'whole' | 'changes';
  readonly entries: Vector;
  /** bytes of pushes taken on this channel since it opened, modulo nothing: refills the push credit */
  readonly pushedBytes: number;
  /** of all heads that the sender holds; left out on channels that go one way */
  readonly fingerprint?: Print;
}

/** Asks for all that `vector` does not cover. A later WANT on the channel ends the earlier one. */
export interface WantFrame {
  readonly type: 'want';
  readonly channel: number;
  /** rises with every WANT on the channel, from 1 */
  readonly want: number;
  readonly vector: Vector;
  readonly cursor: Cursor | null;
  /** bytes of ENTRIES that may be sent before a CREDIT */
  readonly credit: number;
}

export interface CreditFrame {
  readonly type: 'credit';
  readonly channel: number;
  readonly want: number;
  readonly bytes: number;
}

/** Versions in lsn order, the cursor after them, and at the end of the scan the vector they complete. */
export interface EntriesFrame {
  readonly type: 'entries';
  readonly channel: number;
  readonly want: number;
  readonly versions: readonly Version[];
  readonly cursor: Cursor | null;
  readonly claim: Vector | null;
  /** documents that the scan has still to look at, for screens; an upper bound */
  readonly remaining: number;
}

/** New writes by their author. Counts once the receiver's vector has reached `previous`. */
export interface PushFrame {
  readonly type: 'push';
  readonly channel: number;
  readonly actor: Actor;
  /** the author's `seq` before these writes */
  readonly previous: number;
  /** the author's `seq` after them */
  readonly seq: number;
  readonly versions: readonly Version[];
}

/** Documents with ids after that of the range before, up to this one; null: all that there are. Only the last one may be. */
export interface DigestRange {
  readonly last: string | null;
  /** of their heads, DIGEST_BYTES */
  readonly digest: Uint8Array;
}

export interface DigestItem {
  readonly id: string;
  readonly digest: Uint8Array;
}

/** A repair's question: which documents in these ranges have other heads? */
export interface CompareFrame {
  readonly type: 'compare';
  readonly channel: number;
  /** rises with the WANTs */
  readonly want: number;
  /** where the first range begins; null: at the first document */
  readonly after: string | null;
  readonly ranges: readonly DigestRange[];
}

/** The answer: all documents of ranges that differ, by id. */
export interface DifferFrame {
  readonly type: 'differ';
  readonly channel: number;
  readonly want: number;
  /** the id up to which this is all; null: up to the end of the last range */
  readonly upTo: string | null;
  readonly items: readonly DigestItem[];
}

/** Asks for all heads of documents, by id. ENTRIES answer it. */
export interface FetchFrame {
  readonly type: 'fetch';
  readonly channel: number;
  readonly want: number;
  readonly ids: readonly string[];
}

export interface PingFrame {
  readonly type: 'ping' | 'pong';
  /** an integer, 0 to 2^32 − 1, returned in the pong */
  readonly token: number;
}

export interface ByeFrame {
  readonly type: 'bye';
  readonly code: ByeCode;
  readonly text: string;
}

export type ChannelFrame =
  | OpenFrame
  | RefuseFrame
  | CloseFrame
  | HaveFrame
  | WantFrame
  | CreditFrame
  | EntriesFrame
  | PushFrame
  | CompareFrame
  | DifferFrame
  | FetchFrame;

export type Frame = VersionFrame | NoiseFrame | ProofFrame | HelloFrame | ChannelFrame | PingFrame | ByeFrame;
export type FrameType = Frame['type'];
