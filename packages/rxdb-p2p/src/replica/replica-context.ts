/** What the parts of a collection's replica share: its documents, its journal, and who it is. */
import type { Authored, Dot, FieldHasher, P2PError, Print, Vector } from '@rxdb-p2p/protocol';
import type { Journal } from '../journal/journal.ts';
import type { JournalChange } from '../journal/journal-change.ts';
import type { NewRecord } from '../journal/record.ts';
import type { FormerName } from '../journal/segment.ts';
import type { ContentRules, ValidateBody } from './content.ts';
import type { DocumentStorage, StoredDocument } from './document.ts';
import type { MergePolicy } from './merge-policy.ts';
import { type BatchLimits, primaryPathOf } from './scan.ts';
import type { MigrateBody } from './schema-change.ts';

/** Names of before that are remembered. Each begins when a tab takes the lead by force, or storage has lost something. */
const MAX_FORMER_NAMES = 8;

export interface ReplicaDeps {
  /** the collection's inner storage instance: the one that keeps a given `_rev` and `_meta` */
  readonly documents: DocumentStorage;
  readonly journal: Journal;
  readonly hasher: FieldHasher;
  readonly merge: MergePolicy;
  readonly validate: ValidateBody;
  /** contents of versions that were made under an older schema; default: as they are */
  readonly migrate?: MigrateBody;
  readonly actorOf: (incarnation: string) => string;
  readonly randomId: (bytes: number) => string;
  readonly now: () => number;
  readonly onProblem: (problem: P2PError) => void;
  /** Told once that storage failed: nothing is read or written any more. What is stored is as after a crash. */
  readonly onFailure?: (cause: unknown) => void;
  /** names the writes of this leadership in change events; default `WRITE_CONTEXT` */
  readonly writeContext?: string;
  /** how much one step of a scan reads; default `DEFAULT_BATCH` */
  readonly batch?: BatchLimits;
}

/** What a commit has changed, for those who replicate it. */
export interface Commit {
  readonly vector: Vector;
  readonly fingerprint: Print;
  readonly actor: string;
  readonly authored: Authored | null;
  /** ids of documents whose heads changed */
  readonly changed: readonly string[];
  /** the storage has lost documents: no catch-up that began with them may count */
  readonly lost: boolean;
}

export type NewIncarnation = JournalChange & { readonly incarnation: string };

export interface ReplicaContext extends ReplicaDeps {
  readonly primaryPath: string;
  readonly schemaVersion: number;
  /** which versions can be shown */
  readonly rules: ContentRules;
  /** the name under which this replica writes now */
  actor(): string;
  /** A new name for this replica's writes, which begin at 1 again; to be committed. */
  newIncarnation(): NewIncarnation;
  /** highest own `seq` that anyone has persisted */
  readonly acknowledged: number;
  noteAcknowledged(seq: number): void;
  /** Tells own writes, under whatever name, that nobody was known to have got when this was called. */
  unknownToOthers(): (dot: Dot) => boolean;
  /** What was acknowledged since the last commit, to go with the next; worth no commit of its own. */
  acknowledgement(): JournalChange;
  /**
   * Tells the listeners of a commit.
   *
   * @param lost whether the vector is lower than it was: what it covered is to be asked for again
   */
  announce(authored: Authored | null, changed: readonly string[], lost?: boolean): void;
  /** Documents of these records may show another fold than they should: it is written before anything else is done. */
  noteUnfolded(records: readonly NewRecord[]): void;
  /** @returns ids of such documents, once */
  takeUnfolded(): readonly string[];
  /** How often listeners were told of a lower vector: what was asked for before does not count. */
  readonly losses: number;
  onCommit(listener: (commit: Commit) => void): () => void;
  /** Stored documents by id, deleted ones too. */
  find(ids: readonly string[]): Promise<Map<string, StoredDocument>>;
  byId(documents: readonly StoredDocument[]): Map<string, StoredDocument>;
}

export function createReplicaContext(deps: ReplicaDeps): ReplicaContext {
  const { documents, journal, randomId } = deps;
  const primaryPath = primaryPathOf(documents);
  const listeners = new Set<(commit: Commit) => void>();
  let acknowledged = journal.acknowledged;
  const unfolded = new Set<string>();
  let losses = 0;
  let named = { incarnation: '', actor: '' };

  const actor = (): string => {
    const { incarnation } = journal;
    if (named.incarnation !== incarnation) named = { incarnation, actor: deps.actorOf(incarnation) };
    return named.actor;
  };
  const byId = (found: readonly StoredDocument[]): Map<string, StoredDocument> =>
    new Map(found.map((document) => [document[primaryPath] as string, document]));

  return {
    ...deps,
    primaryPath,
    schemaVersion: documents.schema.version,
    rules: { primaryPath, validate: deps.validate, hasher: deps.hasher, keepsTombstones: deps.merge.keepsTombstones },
    actor,
    newIncarnation() {
      const formerNames: FormerName[] = [[actor(), acknowledged], ...journal.formerNames];
      acknowledged = 0;
      const named = journal.seq === 0 ? {} : { formerNames: formerNames.slice(0, MAX_FORMER_NAMES) };
      return { incarnation: randomId(16), seq: 0, acknowledged, ...named };
    },
    unknownToOthers() {
      const known = new Map([...journal.formerNames, [actor(), acknowledged]]);
      return ({ actor: name, seq }) => seq > (known.get(name) ?? Number.POSITIVE_INFINITY);
    },
    get acknowledged() {
      return acknowledged;
    },
    noteAcknowledged(seq) {
      // More than there is: others know writes of this name that we do not, which say nothing of ours.
      if (seq > acknowledged && seq <= journal.seq) acknowledged = seq;
    },
    acknowledgement: () => (acknowledged === journal.acknowledged ? {} : { acknowledged }),
    announce(authored, changed, lost = false) {
      if (lost) losses++;
      const { vector } = journal;
      const fingerprint = journal.fingerprint();
      for (const listener of listeners) listener({ vector, fingerprint, actor: actor(), authored, changed, lost });
    },
    noteUnfolded(records) {
      for (const { id, pending } of records) if (pending !== undefined) unfolded.add(id);
    },
    takeUnfolded() {
      const ids = [...unfolded];
      unfolded.clear();
      return ids;
    },
    get losses() {
      return losses;
    },
    onCommit(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async find(ids) {
      if (ids.length === 0) return new Map();
      // A storage that encrypts leaves out what it cannot read, but throws where it is asked for that alone. Here one
      // damaged document is one that was lost; it must not stop the others.
      const asked = ids.length === 1 ? [...ids, ...ids] : [...ids];
      return byId(await documents.findDocumentsById(asked, true));
    },
    byId,
  };
}
