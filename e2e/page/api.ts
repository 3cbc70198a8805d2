/** What the test page can do for a spec. Arguments and results cross a process boundary: plain JSON. */
import type { RxJsonSchema } from 'rxdb';
import type { ConflictVersion, ContestedDocument, PoolStatus, SyncP2POptions } from 'rxdb-p2p';

export type PlainDocument = Readonly<Record<string, unknown>>;

export interface CollectionSetup {
  readonly name: string;
  readonly schema: RxJsonSchema<PlainDocument>;
}

export interface DatabaseSetup {
  readonly database: string;
  /** encrypts what the collections' schemas call `encrypted` */
  readonly password?: string;
  readonly collections: readonly CollectionSetup[];
}

/** The options of `syncP2P` that can cross. */
export type PlainSyncOptions = Omit<SyncP2POptions, 'getToken' | 'isPeerValid' | 'transport'> & {
  /** what `getToken` gives */
  readonly token?: string;
};

export interface PeerApi {
  /** Opens a database with Dexie storage, the plugin's options empty. */
  open(setup: DatabaseSetup): Promise<void>;
  close(): Promise<void>;
  /** `syncP2P` as an application would call it. The topic is unknown, so that a spec can pass a wrong one. */
  sync(collection: string, topic: unknown, options?: PlainSyncOptions): Promise<void>;
  cancel(collection: string): Promise<void>;
  inSync(collection: string): Promise<void>;
  status(collection: string): PoolStatus | undefined;
  /** Codes of all that `error$` has said since `sync`, in order. */
  errorCodes(collection: string): readonly string[];
  contested(collection: string): readonly ContestedDocument[];
  conflictVersions(collection: string, id: string): Promise<readonly ConflictVersion<PlainDocument>[]>;
  /** Resolves, with the milliseconds it took, when the database has acknowledged all documents; one failure rejects. */
  insert(collection: string, documents: readonly PlainDocument[]): Promise<number>;
  /** Makes `count` notes in the page and inserts them, in batches. Resolves with the milliseconds that inserting took. */
  insertNotes(collection: string, prefix: string, count: number): Promise<number>;
  patch(collection: string, id: string, changes: PlainDocument): Promise<void>;
  remove(collection: string, id: string): Promise<void>;
  attach(collection: string, id: string, name: string, text: string): Promise<void>;
  /** Of an encrypted database. */
  changePassword(current: string, next: string): Promise<void>;
  /** Resolves when everything is encrypted again. */
  rotateKey(password: string): Promise<void>;
  /** All documents without RxDB's own fields, sorted by primary key. */
  read(collection: string): Promise<readonly PlainDocument[]>;
  count(collection: string): Promise<number>;
  /** SHA-256 of all documents, sorted by primary key: equal exactly when `read` would be. */
  digest(collection: string): Promise<string>;
  /** Writes one document after the other until the page ends, and says each id on the console once it is acknowledged. */
  writeForEver(collection: string, prefix: string): void;
  /** The same at a pace, until `stopWriting`. The text of a document is when it was written, milliseconds since 1970. */
  writeEvery(collection: string, prefix: string, ms: number): void;
  /** Resolves with all ids once they are acknowledged. */
  stopWriting(): Promise<readonly string[]>;
  /** Events of the collection since `open`, in order, from a number on. */
  arrivals(collection: string, from: number): readonly Arrival[];
  /** Whether this tab leads the collection. */
  leads(collection: string): Promise<boolean>;
  /** Resolves when every database of the page takes a write, with the milliseconds until the last one did. */
  storageAnswers(): Promise<number>;
  /** So many handshakes, of both sides, one after the other, once their code is loaded. @returns how many came to their end */
  handshakes(count: number): Promise<number>;
  /** What the journal says. Only while no tab syncs. */
  journal(collection: string): Promise<JournalSummary>;
}

/** One event of a collection. */
export interface Arrival {
  readonly id: string;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  /** field `text` of the document */
  readonly text: unknown;
  /** milliseconds since 1970 */
  readonly at: number;
}

export interface JournalSummary {
  /** writes that the vector counts, by actor */
  readonly vector: Readonly<Record<string, number>>;
  /** names of the heads of each document */
  readonly heads: Readonly<Record<string, readonly string[]>>;
}

/** Before an acknowledged id on the console. */
export const ACKNOWLEDGED = 'acknowledged ';

/** What a call resolves with. */
export type PeerResult<K extends keyof PeerApi> = Awaited<ReturnType<PeerApi[K]>>;

/** How a call ends, with the code of an error that has one. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string | undefined; readonly message: string };

declare global {
  interface Window {
    peer: PeerApi;
  }
}
