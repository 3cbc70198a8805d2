/** How much of a journal is kept, and when it is compacted. */
export interface JournalLimits {
  /** remembered places in other replicas' journals; the oldest is forgotten, which costs a scan from the start */
  readonly cursors: number;
  /** epochs to remember, one for each time this device took the lead; a cursor of an older one is void */
  readonly epochs: number;
  /** records in one part of a snapshot */
  readonly snapshotPartRecords: number;
  /** segments that may pile up before they are merged into a snapshot */
  readonly segments: number;
  /** stale records that may pile up likewise, while they are fewer than the others */
  readonly staleRecords: number;
}

/** A part of a snapshot is about 0.5 MB of text; what a start reads beside it stays below the same order. */
export const DEFAULT_JOURNAL_LIMITS: JournalLimits = {
  cursors: 256,
  epochs: 64,
  snapshotPartRecords: 2_000,
  segments: 512,
  staleRecords: 4_096,
};
