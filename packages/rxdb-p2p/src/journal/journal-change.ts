/** What one commit changes: the records of a batch, and the state after it. */
import type { Cursor, Vector } from '@rxdb-p2p/protocol';
import type { NewRecord } from './record.ts';
import type { Epoch, FormerName, RollbackState } from './segment.ts';

export interface JournalChange {
  /** a record whose `heads` array is another than before gets a new lsn */
  readonly records?: readonly NewRecord[];
  readonly dropped?: readonly string[];
  /** the whole new vector */
  readonly vector?: Vector;
  readonly seq?: number;
  readonly incarnation?: string;
  readonly cursors?: readonly (readonly [replica: string, cursor: Cursor | null])[];
  readonly checkpoint?: unknown;
  readonly epoch?: Omit<Epoch, 'fence'>;
  /** the epoch begins with a lead that was taken from a tab that may still write */
  readonly stolen?: boolean;
  readonly acknowledged?: number;
  readonly formerNames?: readonly FormerName[];
  readonly rollback?: RollbackState | null;
}
