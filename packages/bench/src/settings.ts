/** How much is measured. */

export interface Settings {
  readonly documents: number;
  readonly initialSync: {
    /** In each, every candidate has its turn. */
    readonly rounds: number;
    /** Documents of the sync before each one that counts. */
    readonly warmUpDocuments: number;
    /** Batch sizes of RxDB besides its default. */
    readonly batchSizes: readonly number[];
    readonly latencyMs: number;
  };
  readonly browserInitialSync: {
    readonly sizes: readonly { readonly documents: number; readonly rounds: number }[];
    /** Batch sizes of RxDB besides its default. */
    readonly batchSizes: readonly number[];
  };
  /** One size beside a smaller one, which tells whether time grows with the number of documents. */
  readonly largeSync: { readonly documents: number; readonly beside: number };
  readonly editLatency: { readonly edits: number; readonly rounds: number };
  readonly steadyEdits: { readonly peers: number; readonly seconds: number };
  readonly browserReconnect: { readonly documents: readonly number[] };
  readonly storageCost: { readonly met: readonly number[] };
  readonly coldStart: { readonly documents: number };
  readonly concurrentInserts: {
    readonly meshes: readonly { readonly peers: number; readonly runs: number }[];
    readonly latencyMs: number;
    /** After this a run counts as one that never settles. */
    readonly timeoutMs: number;
  };
  readonly insertCopies: { readonly peers: readonly number[]; readonly runs: number; readonly latencyMs: number };
  /** Rounds in a browser; in each, every candidate has its turn. */
  readonly encryption: { readonly fieldRounds: number; readonly insertRounds: number };
  readonly reconnect: {
    readonly actors: number;
    readonly sizes: readonly { readonly documents: number; readonly runs: number; readonly besideRxdb: boolean }[];
  };
}

const FULL: Settings = {
  documents: 10_000,
  initialSync: { rounds: 5, warmUpDocuments: 2_000, batchSizes: [200, 500, 1_000, 2_000, 5_000], latencyMs: 0 },
  browserInitialSync: {
    sizes: [
      { documents: 1_000, rounds: 5 },
      { documents: 10_000, rounds: 3 },
    ],
    batchSizes: [1_000, 5_000],
  },
  largeSync: { documents: 100_000, beside: 10_000 },
  editLatency: { edits: 500, rounds: 3 },
  steadyEdits: { peers: 4, seconds: 30 },
  browserReconnect: { documents: [200, 10_000, 100_000] },
  storageCost: { met: [0, 1, 8] },
  coldStart: { documents: 100_000 },
  concurrentInserts: {
    meshes: [
      { peers: 3, runs: 12 },
      { peers: 5, runs: 8 },
    ],
    latencyMs: 1,
    timeoutMs: 5_000,
  },
  insertCopies: { peers: [2, 4, 8, 12, 16], runs: 3, latencyMs: 1 },
  encryption: { fieldRounds: 5, insertRounds: 5 },
  reconnect: {
    actors: 8,
    sizes: [
      { documents: 10_000, runs: 3, besideRxdb: true },
      { documents: 100_000, runs: 1, besideRxdb: false },
    ],
  },
};

/** Everything once or twice, in less than a minute: shows that it works, not how fast it is. */
const QUICK: Settings = {
  documents: 10_000,
  initialSync: { rounds: 1, warmUpDocuments: 1_000, batchSizes: [1_000], latencyMs: 0 },
  browserInitialSync: { sizes: [{ documents: 1_000, rounds: 1 }], batchSizes: [1_000] },
  largeSync: { documents: 2_000, beside: 1_000 },
  editLatency: { edits: 100, rounds: 1 },
  steadyEdits: { peers: 3, seconds: 3 },
  browserReconnect: { documents: [1_000] },
  storageCost: { met: [0, 1] },
  coldStart: { documents: 1_000 },
  concurrentInserts: {
    meshes: [
      { peers: 3, runs: 2 },
      { peers: 5, runs: 2 },
    ],
    latencyMs: 1,
    timeoutMs: 1_500,
  },
  insertCopies: { peers: [2, 4, 8], runs: 1, latencyMs: 1 },
  encryption: { fieldRounds: 1, insertRounds: 1 },
  reconnect: { actors: 8, sizes: [{ documents: 10_000, runs: 1, besideRxdb: true }] },
};

export function settingsFor(quick: boolean): Settings {
  return quick ? QUICK : FULL;
}
