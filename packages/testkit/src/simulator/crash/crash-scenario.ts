/** What a scenario of a crash says, where in it a process dies, and what came of it. */
import type { JournalLimits } from 'rxdb-p2p/testing';
import type { HandlerName } from '../handlers.ts';
import type { CrashMode, StorageWrite } from '../process.ts';
import type { SimDocument } from '../user.ts';
import type { CrashWorld, Place } from './crash-world.ts';

export interface CrashScenario {
  readonly name: string;
  /** default: victim and witness */
  readonly places?: readonly Place[];
  /** default: `fields` */
  readonly handler?: HandlerName;
  readonly journalLimits?: Partial<JournalLimits>;
  /** The victim's process opens the device only in `run`. */
  readonly opensInRun?: boolean;
  /** What has happened before; nobody dies here. All devices that are open are in sync after it. */
  prepare?(world: CrashWorld): Promise<void>;
  /** The process dies at one of its writes from here on. */
  run(world: CrashWorld): Promise<void>;
  /** What all show in the end, when the storages took the writes of these labels, and so many versions were let go. */
  expected(accepted: (label: string) => boolean, releases: number): readonly SimDocument[];
  /** The field that both sides set: an edit beside may decide it, which is noticed together with the one before it. */
  readonly contested?: string;
  /** How many versions of a document stand side by side in the end, where it is not one. */
  heads?(accepted: (label: string) => boolean, releases: number): Readonly<Record<string, number>>;
  /** Writes that no checkpoint shows, since clocks go back: they are found when all documents are compared. */
  readonly needsComparison?: boolean;
  /** Documents for which that is not said. */
  readonly openHeads?: readonly string[];
  /** The victim's disk has lost documents, which is reported. */
  readonly losesStorage?: boolean;
  /** An edit that did not know of an own version, which no document showed yet, takes a new name. */
  readonly renames?: boolean;
  /** A version breaks the schema: its author shows it, the others keep it aside, and all report it. */
  readonly quarantines?: boolean;
}

export interface CrashPoint {
  /** from 1: the first write of the victim in `run` */
  readonly write: number;
  readonly mode: CrashMode;
  /** Where the process after it dies, too, in the same way. */
  readonly again?: { readonly write: number; readonly mode: CrashMode };
  /** Somebody edits document `a` of the victim before the next process starts. */
  readonly editBeside?: boolean;
}

export interface CrashOutcome {
  /** empty: nothing went wrong */
  readonly failures: readonly string[];
  /** the victim's writes in `run` */
  readonly writes: readonly StorageWrite[];
  /** writes of the process after the crash, until it has settled */
  readonly recoveryWrites: readonly StorageWrite[];
}

export const DEFAULT_PLACES: readonly Place[] = ['victim', 'witness'];
