/**
 * How much of a catch-up is done and left, in both directions, and how fast it goes: for screens. Nothing of the protocol
 * depends on it. It outlives a pause of the storage and a lost connection: what has come counts on.
 */
import { type NeighbourId, type Vector, type Version, versionCost } from '@rxdb-p2p/protocol';
import type { SyncProgress } from './types.ts';

/** What a neighbour that asked us has not been sent yet. */
export interface Serving {
  readonly remaining: number;
  /** what it was told to hold at the end of the scan */
  readonly claim: Vector | null;
}

export interface SyncMeter {
  /** A batch that a neighbour asked for is on its way; so many documents are left after it. */
  served(id: NeighbourId, versions: readonly Version[], remaining: number, claim: Vector | null): void;
  /** A batch that we asked a neighbour for has come; so many are left after it. */
  came(id: NeighbourId, documents: number, remaining: number): void;
  /** Documents that came are stored. `complete`: with them the catch-up. */
  stored(id: NeighbourId, documents: number, bytes: number, complete: boolean): void;
  left(id: NeighbourId): void;
  /** Undefined: the neighbour has asked for nothing since it came. */
  serving(id: NeighbourId): Serving | undefined;
  /** Documents that a neighbour will send, or has sent and that are not stored yet; undefined: we do not ask it. */
  toStore(id: NeighbourId): number | undefined;
  /** What so many documents take, estimated from those that crossed so far. */
  bytesOf(documents: number): number;
  /** Of the catch-up under way; undefined: there is none. */
  progress(): SyncProgress | undefined;
}

/** Speed is measured over this time, milliseconds: long enough for a steady figure, short enough to follow. */
const RATE_WINDOW_MS = 5_000;
/** The least time between two samples, milliseconds, so that there are at most 50 of them. */
const SAMPLE_MS = 100;
/** A speed that was measured for less than this says nothing, milliseconds. */
const MIN_RATE_MS = 500;

interface Sample {
  readonly at: number;
  readonly documents: number;
  readonly bytes: number;
}

/** @param now monotonic milliseconds */
export function createSyncMeter(now: () => number): SyncMeter {
  const serving = new Map<NeighbourId, Serving>();
  /** the neighbour we catch up from, documents that it still has, and those of it that are not stored yet */
  let source: { readonly id: NeighbourId; readonly remaining: number; readonly unstored: number } | undefined;
  let done = { documents: 0, bytes: 0 };
  let crossed = { documents: 0, bytes: 0 };
  let samples: Sample[] = [];

  const bytesOf = (documents: number): number =>
    crossed.documents === 0 ? 0 : Math.round((documents * crossed.bytes) / crossed.documents);

  function learn(documents: number, bytes: number): void {
    crossed = { documents: crossed.documents + documents, bytes: crossed.bytes + bytes };
  }

  function sample(): void {
    const at = now();
    const last = samples[samples.length - 1];
    if (last !== undefined && at - last.at < SAMPLE_MS) return;
    const inWindow = samples.findIndex((known) => at - known.at <= RATE_WINDOW_MS);
    // One from before the window stays, so that a slow batch does not leave none.
    const kept = inWindow < 0 ? samples.slice(-1) : samples.slice(Math.max(0, inWindow - 1));
    samples = [...kept, { at, ...done }];
  }

  /** Per second; 0: not known yet. */
  function rateOf(what: 'documents' | 'bytes'): number {
    const [first] = samples;
    const ms = first === undefined ? 0 : now() - first.at;
    return first === undefined || ms < MIN_RATE_MS ? 0 : ((done[what] - first[what]) / ms) * 1_000;
  }

  return {
    served(id, versions, remaining, claim) {
      learn(
        versions.length,
        versions.reduce((sum, version) => sum + versionCost(version), 0),
      );
      serving.set(id, { remaining, claim });
    },
    came(id, documents, remaining) {
      if (source?.id !== id) samples = [];
      const unstored = source?.id === id ? source.unstored : 0;
      source = { id, remaining, unstored: unstored + documents };
      sample();
    },
    stored(id, documents, bytes, complete) {
      if (source?.id !== id) return;
      learn(documents, bytes);
      done = { documents: done.documents + documents, bytes: done.bytes + bytes };
      source = { ...source, unstored: Math.max(0, source.unstored - documents) };
      sample();
      if (!complete) return;
      source = undefined;
      done = { documents: 0, bytes: 0 };
    },
    left(id) {
      serving.delete(id);
      if (source?.id === id) source = undefined;
    },
    serving: (id) => serving.get(id),
    toStore: (id) => (source?.id === id ? source.remaining + source.unstored : undefined),
    bytesOf,
    progress() {
      if (source === undefined) return undefined;
      const documentsLeft = source.remaining + source.unstored;
      const rate = rateOf('documents');
      return {
        documentsDone: done.documents,
        documentsTotal: done.documents + documentsLeft,
        bytesDone: done.bytes,
        bytesTotal: done.bytes + bytesOf(documentsLeft),
        bytesPerSecond: Math.round(rateOf('bytes')),
        ...(rate > 0 ? { secondsLeft: Math.ceil(documentsLeft / rate) } : {}),
      };
    },
  };
}
