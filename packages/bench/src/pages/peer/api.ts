/** What the benchmark asks of a page, and what it hears: plain JSON, across `page.evaluate`. */

import type { StorageCalls } from './storage-watch.ts';

export type SystemName = 'rxdb-p2p' | 'rxdb' | 'yjs';

export interface OpenSetup {
  readonly system: SystemName;
  readonly database: string;
}

export interface StartSetup {
  readonly room: string;
  /** of the system's own signaling server */
  readonly signaling: string;
  /** of the topic, for rxdb-p2p; the others have none */
  readonly secret: string;
  /** documents per request, of RxDB's replication; default: its own */
  readonly batchSize?: number;
}

export interface Traffic {
  readonly bytesSent: number;
  readonly messagesSent: number;
}

export interface SteadyEdits {
  readonly first: number;
  readonly documents: number;
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Stored {
  readonly databases: number;
  readonly records: number;
  /** as JSON; binary values as they are */
  readonly bytes: number;
}

/** One visible change of the watched document. */
export interface Emission {
  readonly title: string;
  /** milliseconds since 1970, as `now` of all pages of one machine */
  readonly at: number;
}

/** `globalThis.peer` of the page. Times are milliseconds since 1970, with fractions. */
export interface PeerApi {
  open(setup: OpenSetup): Promise<void>;
  /** Stores documents of the benchmark, by their numbers; resolves to the milliseconds of that. */
  insert(count: number, first: number): Promise<number>;
  /** Begins to replicate; resolves to when, at the latest when the system's call has returned. */
  start(setup: StartSetup): Promise<number>;
  /** Resolves when the system has done what it does before it has a peer. */
  ready(): Promise<void>;
  /** Resolves to when as many changes had arrived since the page was opened; rejects when none has for a while. */
  arrived(count: number): Promise<number>;
  /** Changes of documents so far, own ones included. */
  changes(): number;
  connected(): number;
  /** Changes the title of one document. Resolves to when that was asked for. */
  edit(index: number, title: string): Promise<number>;
  /** Changes titles at a steady pace, each document in its turn; resolves to the last title of each by its number. */
  editSteadily(setup: SteadyEdits): Promise<Record<number, string>>;
  /** Begins to note what a query for one document emits. */
  watch(index: number): Promise<void>;
  /** The first emission of this title. */
  emitted(title: string): Promise<Emission>;
  /** Throws unless the page holds the documents 0 to count - 1, field by field; edited titles by number. */
  verify(count: number, titles: Readonly<Record<number, string>>): Promise<void>;
  traffic(): Promise<Traffic>;
  /** Everything that the page's origin has in IndexedDB for this database. */
  stored(database: string): Promise<Stored>;
  /** Since the page was loaded. */
  storageCalls(): StorageCalls;
  /** Errors that the system reported, or that its data channels threw. */
  errors(): readonly string[];
  /** What RxDB decides a pair's master by; '' for other systems. */
  masterToken(): Promise<string>;
  /** Whether, for RxDB, the page with the first token is master of the one with the second. */
  isMaster(own: string, other: string): Promise<boolean>;
  stop(): Promise<void>;
  /** Closes the database and deletes what it has stored. */
  remove(): Promise<void>;
}
