/** What goes into and comes out of a collection's sync session (`sync.ts`). */
import type { Actor } from '../version/dot.ts';
import type { Print } from '../version/fingerprint.ts';
import type { Version } from '../version/head.ts';
import type { Vector } from '../version/vector.ts';
import type {
  CompareFrame,
  CreditFrame,
  Cursor,
  DifferFrame,
  DigestItem,
  DigestRange,
  EntriesFrame,
  FetchFrame,
  HaveFrame,
  PushFrame,
  RefuseCode,
  WantFrame,
} from './frames.ts';

/** The shell's name of one open channel of this collection. */
export type NeighbourId = string;

type WithoutChannel<F> = F extends unknown ? Omit<F, 'channel'> : never;
/** A frame of an open channel; the shell knows the channel's number. */
export type SyncFrame = WithoutChannel<
  HaveFrame | WantFrame | CreditFrame | EntriesFrame | PushFrame | CompareFrame | DifferFrame | FetchFrame
>;

/** Which way documents go on a channel. */
export interface Directions {
  /** we may send documents to it: our `push`, its `receives` */
  readonly outgoing: boolean;
  /** we take documents from it: our `pull`, its `sends` */
  readonly incoming: boolean;
}

/** Local writes that one commit minted. */
export interface Authored {
  readonly actor: Actor;
  readonly previous: number;
  readonly seq: number;
  readonly versions: readonly Version[];
}

/** One step of a scan, read from the journal and the documents. */
export interface ScanBatch {
  readonly versions: readonly Version[];
  readonly cursor: Cursor;
  /** the vector that these versions complete; null: there is more */
  readonly claim: Vector | null;
  /** documents that are still to be looked at: an upper bound of what is to come */
  readonly remaining: number;
}

export type SyncInput =
  | {
      readonly type: 'joined';
      readonly neighbour: NeighbourId;
      readonly directions: Directions;
      readonly cursor: Cursor | null;
      /** how often in a row this replica did not send what it said to have, when it was here before; default 0 */
      readonly fruitless?: number;
    }
  | { readonly type: 'left'; readonly neighbour: NeighbourId }
  | { readonly type: 'frame'; readonly neighbour: NeighbourId; readonly frame: SyncFrame }
  /** The journal holds this now. `lost`: storage has lost documents, whether or not the vector covered them. */
  | {
      readonly type: 'committed';
      readonly vector: Vector;
      readonly fingerprint: Print;
      readonly actor: Actor;
      readonly authored: Authored | null;
      readonly lost: boolean;
    }
  /** Answers a `read`. */
  | { readonly type: 'read'; readonly neighbour: NeighbourId; readonly want: number; readonly batch: ScanBatch }
  /** Answers an `apply`. */
  | {
      readonly type: 'applied';
      readonly neighbour: NeighbourId;
      readonly want: number | null;
      readonly bytes: number;
      readonly cursor: Cursor | null;
      readonly claimed: boolean;
    }
  /** Answers a `sum`. */
  | (Asked & { readonly type: 'summed'; readonly ranges: readonly DigestRange[] })
  /** Answers a `compare`. */
  | (Asked & { readonly type: 'compared'; readonly upTo: string | null; readonly items: readonly DigestItem[] })
  /** Answers a `look`. */
  | (Asked & { readonly type: 'looked'; readonly ids: readonly string[] })
  /** Answers a `fetch`. */
  | (Asked & { readonly type: 'fetched'; readonly versions: readonly Version[] })
  | { readonly type: 'timer'; readonly timer: TimerKind };

/** Which question of a repair something belongs to. */
interface Asked {
  readonly neighbour: NeighbourId;
  readonly want: number;
}

/**
 * `have`: tell the neighbours what was persisted. `ask`: ask for what is still lacking. `stalled`: the neighbour we
 * pull from has not sent anything for too long. `pace`: see whether it sends enough. `rest`: neighbours that did not send
 * what they say to have are nearer to their next chance. `compare`: compare with a neighbour that holds something else.
 * `strand`: compare with one that has, or lacks, what no vector covers. `repair`: that one has not answered for too long.
 */
export type TimerKind = 'have' | 'ask' | 'stalled' | 'pace' | 'rest' | 'compare' | 'strand' | 'repair';

export type SyncEffect =
  | { readonly type: 'send'; readonly neighbour: NeighbourId; readonly frame: SyncFrame }
  /** Read the next batch of a scan, once the link has drained. */
  | {
      readonly type: 'read';
      readonly neighbour: NeighbourId;
      readonly want: number;
      readonly vector: Vector;
      readonly cursor: Cursor | null;
    }
  /** Store versions; then, in the same commit, the cursor, the claim or the pushed range. */
  | {
      readonly type: 'apply';
      readonly neighbour: NeighbourId;
      readonly want: number | null;
      readonly versions: readonly Version[];
      readonly cursor: Cursor | null;
      readonly claim: Vector | null;
      readonly range: { readonly actor: Actor; readonly previous: number; readonly seq: number } | null;
      readonly bytes: number;
      /** [REPAIR-4] Whatever the vector covers: the document's record alone decides. */
      readonly repair?: true;
    }
  /** Digests of the next ranges of ids, for a question. */
  | (Asked & { readonly type: 'sum'; readonly after: string | null })
  /** What differs in the ranges of a neighbour's question. */
  | (Asked & { readonly type: 'compare'; readonly after: string | null; readonly ranges: readonly DigestRange[] })
  /** Which of a neighbour's documents are not the same here. */
  | (Asked & { readonly type: 'look'; readonly items: readonly DigestItem[] })
  /** All heads of some documents, as far as one batch goes. */
  | (Asked & { readonly type: 'fetch'; readonly ids: readonly string[] })
  /** A neighbour with an equal vector holds something else: report it. */
  | { readonly type: 'diverged'; readonly neighbour: NeighbourId }
  /**
   * A neighbour holds writes under our name that we do not know: take another name before the next write. `fetch`: they
   * can come from there.
   */
  | {
      readonly type: 'outrun';
      readonly neighbour: NeighbourId;
      readonly actor: Actor;
      readonly seq: number;
      readonly fetch: boolean;
    }
  /** Start the timer, after a random time between the two, unless it runs. */
  | { readonly type: 'start-timer'; readonly timer: TimerKind; readonly minMs: number; readonly maxMs: number }
  | { readonly type: 'stop-timer'; readonly timer: TimerKind }
  /** The neighbour has not sent what it says to have; `asked`: whether it gets another chance. */
  | { readonly type: 'unserved'; readonly neighbour: NeighbourId; readonly asked: boolean }
  /** [SYNC-7] The neighbour does what it may not do on this channel: refuse the channel. */
  | { readonly type: 'refuse'; readonly neighbour: NeighbourId; readonly code: RefuseCode; readonly text: string }
  /** The neighbour owes an answer and does not give it, whoever is to blame: end its connection. */
  | { readonly type: 'stalled'; readonly neighbour: NeighbourId; readonly text: string }
  /** The neighbour broke the protocol: end its connection. */
  | { readonly type: 'violation'; readonly neighbour: NeighbourId; readonly text: string };

/** A scan we serve. */
export interface Scan {
  readonly want: number;
  readonly vector: Vector;
  readonly cursor: Cursor | null;
  readonly credit: number;
  readonly reading: boolean;
  /** [REPAIR-5] A claim waits for the end of a repair. */
  readonly held: boolean;
}

export interface Neighbour {
  readonly directions: Directions;
  /** what it has persisted, by its last HAVE; null: not known yet */
  readonly remote: Vector | null;
  /** of all its heads, by its last HAVE; null: not known */
  readonly fingerprint: Print | null;
  /** the sum that our last HAVE named */
  readonly toldSum: Uint8Array | null;
  /** the vector that our last HAVE described, as it was told */
  readonly told: Vector | null;
  /** whether the neighbour can apply changes to `told`: it has had the whole, or the same vector itself */
  readonly toldWhole: boolean;
  /** our own `seq` up to which every write was pushed, or was part of a completed scan */
  readonly pushedSeq: number;
  /** bytes of pushes sent, and how many of them its last HAVE acknowledged */
  readonly pushSent: number;
  readonly pushAcked: number;
  /** bytes of its pushes that have come in */
  readonly pushReceived: number;
  /** bytes of its pushes that we have stored, and how many of them our last HAVE said */
  readonly pushTaken: number;
  readonly pushTold: number;
  readonly scan: Scan | null;
  /** where the last scan of this neighbour stopped */
  readonly cursor: Cursor | null;
  /** what it had when a finished scan still left something lacking: not asked again until that changes */
  readonly exhausted: Vector | null;
  /** how often in a row it did not send what it said to have */
  readonly fruitless: number;
  /** beats of the `rest` timer until it is asked again */
  readonly rest: number;
  /** bytes that it may still send for WANTs that we have given up */
  readonly stray: number;
  /** how often we have compared with it since the two were last the same */
  readonly repairs: number;
  /** a question of its repair is being answered */
  readonly answering: boolean;
}

/** Comparing what we hold with a neighbour, range by range; one at a time for each collection. */
export interface Repair {
  readonly neighbour: NeighbourId;
  readonly want: number;
  readonly stage: 'summing' | 'comparing' | 'looking' | 'fetching';
  /** This round is about the ids after this one; null: from the first on. */
  readonly after: string | null;
  /** and up to this one; null: to the last */
  readonly last: string | null;
  /** ids of documents that are still to be fetched */
  readonly wanted: readonly string[];
  /** bytes of ENTRIES that may still come for the last FETCH, and frames of them that are not stored yet */
  readonly credit: number;
  readonly unstored: number;
}

/** The scan we asked for. One at a time for each collection, so that a body is not sent twice. */
export interface Pull {
  readonly neighbour: NeighbourId;
  readonly want: number;
  /** what the neighbour had when it was asked: the scan must bring at least that */
  readonly remote: Vector;
  /** bytes of credit that the neighbour has not used yet */
  readonly credit: number;
  /** frames of the neighbour that we have not stored yet */
  readonly unstored: number;
  /** bytes that came since its pace was last looked at */
  readonly brought: number;
}

export interface SyncState {
  readonly vector: Vector;
  /** of all heads that are here */
  readonly fingerprint: Print;
  readonly actor: Actor;
  readonly neighbours: ReadonlyMap<NeighbourId, Neighbour>;
  readonly pull: Pull | null;
  readonly repair: Repair | null;
  readonly lastWant: number;
}
