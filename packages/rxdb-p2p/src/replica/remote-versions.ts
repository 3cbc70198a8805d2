/** Takes versions of other replicas in, and makes the documents show them. */
import {
  type Cursor,
  clipText,
  covers,
  joinVectors,
  P2PError,
  type Vector,
  type Version,
  vectorEntry,
} from '@rxdb-p2p/protocol';
import type { JournalChange } from '../journal/journal-change.ts';
import type { StoredHead } from '../journal/record.ts';
import { createAsideBudget } from './aside-budget.ts';
import { type Checked, checkVersion } from './content.ts';
import { bodyOf, type StoredDocument } from './document.ts';
import { hasFork, uniteHeads } from './heads.ts';
import type { LocalWrites } from './local-writes.ts';
import type { PushRange, PushRanges } from './push-ranges.ts';
import { createRecentDocuments, MAX_RECENT_BATCH, MAX_RECENT_LENGTH } from './recent-documents.ts';
import type { ReplicaContext } from './replica-context.ts';
import type { Rollback } from './rollback.ts';
import { showHeads, type Target } from './show.ts';

export interface Incoming {
  readonly versions: readonly Version[];
  readonly claim: Vector | null;
  readonly cursor: readonly [replica: string, cursor: Cursor] | null;
  readonly range: PushRange | null;
  /** from a repair: versions count whatever the vector covers; default false */
  readonly repair?: boolean;
}

/** What is checked of the versions already, each in its place. */
export type CheckedVersions = readonly (Checked | undefined)[];

export interface RemoteVersions {
  /** Checks contents, which needs no storage: while it is busy with what came before. */
  check(incoming: Incoming): CheckedVersions;
  /** @param reached how far the storage's events were followed, to be committed with it; undefined: not known */
  apply(incoming: Incoming, checked: CheckedVersions, reached: unknown): Promise<void>;
  /** Writes the folds that a crash or a local write has left open. */
  refold(ids: readonly string[]): Promise<void>;
  /** A head with its content, which a head that is alone leaves in the document. */
  withContent(stored: StoredHead, document: StoredDocument | undefined): StoredHead;
}

type CheckedHeads = ReadonlyMap<string, readonly Checked[]>;

/** Rounds of writing a document that somebody else keeps writing. Each loses to a write that succeeded. */
const MAX_ROUNDS = 1_000;

export interface RemoteVersionsParts {
  readonly localWrites: LocalWrites;
  readonly rollback: Rollback;
  readonly ranges: PushRanges;
}

export function createRemoteVersions(
  context: ReplicaContext,
  { localWrites, rollback, ranges }: RemoteVersionsParts,
): RemoteVersions {
  const { journal, merge, onProblem, rules, randomId } = context;
  const budget = createAsideBudget(context);
  const showDeps = { ...context, revisionTokens: () => randomId(9) };
  const recent = createRecentDocuments(context.primaryPath, journal.records);

  function withContent(stored: StoredHead, document: StoredDocument | undefined): StoredHead {
    if (stored.body !== undefined || stored.hidden === true || document === undefined) return stored;
    return { ...stored, body: stored.head.deleted && !merge.keepsTombstones ? '{}' : JSON.stringify(bodyOf(document)) };
  }

  /** What a document is to show: all its known heads and more, with contents where there are several. */
  function targetFor(
    id: string,
    checked: readonly Checked[],
    document: StoredDocument | undefined,
  ): Target | undefined {
    const record = journal.records.get(id);
    const more = checked.map(({ stored }) => stored);
    const [only] = checked;
    if (record === undefined && more.length === 1) return { id, heads: more, document, content: only?.content };
    const withContents = (record?.heads ?? []).map((stored) => withContent(stored, document));
    const known = record?.pending === undefined ? withContents : uniteHeads(withContents, record.pending.heads);
    const heads = uniteHeads(known, more);
    if (heads.length > 1 && hasFork(heads) && !hasFork(known)) reportFork(id);
    return heads === withContents && record?.pending === undefined ? undefined : { id, heads, document };
  }

  /** Whether to write a document without looking for it: one live head, and no record. */
  function mayBeNew(id: string, checked: readonly Checked[]): boolean {
    const [only] = checked;
    if (only === undefined || checked.length > 1 || journal.records.has(id)) return false;
    return only.content !== undefined && !only.stored.head.deleted;
  }

  /**
   * Shows more heads, again where a local write came between; commits `last` with the final records.
   *
   * @param isEdit a few small documents, which may well be edited again soon
   * @returns ids of the documents whose heads changed
   */
  async function take(
    incoming: CheckedHeads,
    last: () => JournalChange = () => ({}),
    isEdit = false,
  ): Promise<readonly string[]> {
    const changed = new Set<string>();
    const deps = isEdit ? { ...showDeps, onShown: recent.note } : showDeps;
    let ids: readonly string[] = [...incoming.keys()];
    for (let round = 0; round === 0 || ids.length > 0; round++) {
      if (round === MAX_ROUNDS) {
        throw new P2PError('STORAGE_FAILED', `${ids.length} documents change faster than they can be written`);
      }
      // A document without a record is probably not there: the write itself finds out, which costs nothing.
      const known = new Map<string, StoredDocument>();
      const sought = round > 0 ? ids : ids.filter((id) => !mayBeNew(id, incoming.get(id) ?? []) && !recall(id, known));
      const found = await context.find(sought);
      await localWrites.journal(found);
      const targets: Target[] = [];
      for (const id of ids) {
        const target = targetFor(id, incoming.get(id) ?? [], found.get(id) ?? known.get(id));
        if (target === undefined) continue;
        targets.push(target);
        changed.add(id);
      }
      const change = last();
      if (targets.length === 0 && Object.keys(change).length === 0) break;
      ids = await showHeads(targets, deps, change);
    }
    return [...changed];
  }

  /** Whether the document is known without reading it; then it is put among the known ones. */
  function recall(id: string, known: Map<string, StoredDocument>): boolean {
    const document = recent.get(id);
    if (document !== undefined) known.set(id, document);
    return document !== undefined;
  }

  /** What the vector covers and is not among the heads has been superseded. */
  function isCovered({ head }: Version, repair: boolean): boolean {
    return !repair && covers(journal.vector, head);
  }

  /** Others hold writes of ours that we do not know: never mint under that name again. @returns whether that is news */
  async function renameIfOutrun({ versions, claim, range }: Incoming): Promise<boolean> {
    const me = context.actor();
    const held = claim?.get(me) ?? 0;
    const pushed = range?.actor === me ? range.seq : 0;
    // Such a version may be all that is left of them, and what it has superseded may have been sent to nobody.
    const named = versions.reduce((most, { head }) => Math.max(most, vectorEntry(head, me)), Math.max(held, pushed));
    return named > journal.seq && rollback.begin(me, named, true, held);
  }

  /** Nobody has done anything wrong here, and nothing is lost; but somebody should know. */
  function reportFork(id: string): void {
    const message = `two versions of document ${JSON.stringify(clipText(id))} came under one name; both are kept`;
    const hint = 'a browser profile was copied, a backup restored, or a migration strategy is not deterministic';
    onProblem(new P2PError('WRITE_FORKED', message, { hint }));
  }

  /** Once for a batch, however much of it is bad. */
  function reportAside(first: string, count: number): void {
    const message = count === 1 ? first : `${first}; so are ${count - 1} more of this batch`;
    const hint = 'pool.quarantine() lists what is kept aside, pool.release() ends it';
    onProblem(new P2PError('VERSION_QUARANTINED', message, { hint }));
  }

  return {
    withContent,
    async refold(ids) {
      if (ids.length > 0) context.announce(null, await take(new Map(ids.map((id) => [id, []]))));
    },
    check: ({ versions, repair = false }) =>
      versions.map((version) => (isCovered(version, repair) ? undefined : checkVersion(version, rules))),
    async apply(given, checkedBefore, reached) {
      const { versions, repair = false } = given;
      const outrun = await renameIfOutrun(given);
      // It was asked for with a vector that is lowered now: it leaves out what is to be fetched.
      const { claim, cursor, range } = outrun ? { claim: null, cursor: null, range: null } : given;
      if (outrun) context.announce(null, [], true);
      const incoming = new Map<string, Checked[]>();
      let aside = 0;
      let firstAside: string | undefined;
      for (const [i, version] of versions.entries()) {
        if (isCovered(version, repair)) continue;
        // The vector may have been lowered since.
        const checked = budget.keep(checkedBefore[i] ?? checkVersion(version, rules));
        const { problem } = checked;
        if (problem !== undefined) {
          aside++;
          firstAside ??= `a version of document ${JSON.stringify(clipText(version.id))} is kept aside: ${problem.text}`;
        }
        const others = incoming.get(version.id);
        if (others === undefined) incoming.set(version.id, [checked]);
        else others.push(checked);
      }
      if (firstAside !== undefined) reportAside(firstAside, aside);
      const before = journal.vector;
      let waiting: readonly PushRange[] = [];
      const { losses } = context;
      const last = (): JournalChange => {
        waiting = [];
        // Nothing was asked for that it has just been found to lack.
        if (context.losses !== losses) return {};
        const plan = ranges.plan(claim === null ? journal.vector : joinVectors(journal.vector, claim), range);
        waiting = plan.waiting;
        const change = plan.vector === journal.vector ? {} : { vector: plan.vector };
        const checkpoint = reached === undefined || reached === journal.checkpoint ? {} : { checkpoint: reached };
        const keepsCursor = cursor !== null && (incoming.size > 0 || claim !== null) && !rollback.pending;
        const acknowledgement = incoming.size > 0 ? context.acknowledgement() : {};
        return { ...change, ...checkpoint, ...acknowledgement, ...(keepsCursor ? { cursors: [cursor] } : {}) };
      };
      const protectedIds = await rollback.protect(incoming);
      const isEdit = versions.length <= MAX_RECENT_BATCH && versions.every(isSmall);
      const taken = await take(incoming, last, isEdit);
      ranges.keep(waiting);
      const changed = [...taken, ...protectedIds, ...(claim === null ? [] : await rollback.finish())];
      if (changed.length > 0 || journal.vector !== before) context.announce(null, changed);
    },
  };
}

function isSmall({ body = '' }: Version): boolean {
  return body.length <= MAX_RECENT_LENGTH;
}
