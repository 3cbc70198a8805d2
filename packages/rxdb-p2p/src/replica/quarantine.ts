/**
 * What is kept aside: versions that cannot be shown. They are stored, counted and passed on like any other (ARCHITECTURE §4),
 * so letting one go must be a write of its own, made by somebody who has seen it, that supersedes it everywhere.
 */
import { type Body, isOversizeBody, joinPasts, localHead, P2PError, sameDot, utf8Length } from '@rxdb-p2p/protocol';
import type { DocRecord, StoredHead } from '../journal/record.ts';
import { checkBody, checkVersion } from './content.ts';
import { bodyOf } from './document.ts';
import { showable, toBases, uniteHeads } from './heads.ts';
import type { LocalWrites } from './local-writes.ts';
import type { ContentProblem } from './quarantine-reason.ts';
import type { RemoteVersions } from './remote-versions.ts';
import type { ReplicaContext } from './replica-context.ts';
import { versionOf } from './scan.ts';

/** One version that is kept aside. */
export interface Aside {
  readonly id: string;
  readonly stored: StoredHead;
  readonly problem: ContentProblem;
  /** of its content in UTF-8 */
  readonly bytes: number;
}

export interface AsidePage {
  readonly versions: readonly Aside[];
  /** where the next page begins; undefined: there is none */
  readonly next: number | undefined;
}

export interface WriteName {
  readonly id: string;
  readonly actor: string;
  readonly seq: number;
}

export interface Quarantine {
  /** documents with a version that is kept aside */
  readonly count: number;
  /** Oldest first. @param after `next` of the page before, 0 for the first one */
  page(after: number, limit: number): AsidePage;
  /**
   * Ends the quarantine of one version by a write that supersedes it and what is shown. To be called in the queue.
   *
   * @param document what the document is to say; undefined: what it shows now, and nothing is a deleted document
   * @returns false: that version is not kept aside any more
   * @throws P2PError `DOCUMENT_INVALID`
   */
  release(version: WriteName, document: Body | undefined): Promise<boolean>;
  /** Shows what can be shown by now: after a change of the schema, or where the storage refused it. In the queue. */
  recheck(): Promise<void>;
}

/** Content that one page looks at, UTF-16 units: looking means parsing. */
const PAGE_UNITS = 8 * 1024 * 1024;
/** Records that are looked at in one go. */
const STEP_RECORDS = 10_000;

export function createQuarantine(
  context: ReplicaContext,
  localWrites: LocalWrites,
  remote: RemoteVersions,
): Quarantine {
  const { journal, hasher, merge, rules } = context;
  const ids = new Set<string>();

  const hiddenOf = (record: DocRecord | undefined): StoredHead[] => record?.heads.filter(isHidden) ?? [];
  const note = (id: string): void => {
    if (journal.records.get(id)?.heads.some(isHidden) === true) ids.add(id);
    else ids.delete(id);
  };
  for (const { id, heads } of journal.records.values()) if (heads.some(isHidden)) ids.add(id);
  context.onCommit(({ changed }) => changed.forEach(note));

  function asideOf(id: string, stored: StoredHead): Aside {
    const { problem } = checkVersion({ id, head: stored.head, body: stored.body }, rules);
    return { id, stored, problem: problem ?? STORAGE_REFUSED, bytes: stored.bytes ?? utf8Length(stored.body ?? '') };
  }

  /** Journals a write that nobody made in the document; the fold that shows it follows, after a crash as well. */
  async function supersede(record: DocRecord, aside: StoredHead, content: Body | undefined): Promise<void> {
    const { id, heads } = record;
    const document = (await context.find([id])).get(id);
    const shown = showable(heads);
    const live = document !== undefined && !document._deleted && shown.some(({ head }) => !head.deleted);
    const body = content ?? (live ? bodyOf(document) : undefined);
    const fields = hasher.hash(body ?? {});
    const write = {
      ...{ actor: context.actor(), seq: journal.seq + 1, wallMs: context.now(), deleted: body === undefined },
      ...{ fields, plainFields: hasher.plain(fields, body ?? {}) },
    };
    const all = heads.map((stored) => remote.withContent(stored, document));
    const bases = toBases(showable(all), record.fields, hasher);
    const made = localHead(
      write,
      bases,
      heads.map(({ head }) => head),
    );
    const head = { ...made, past: joinPasts([made, aside.head], made.actor) };
    const text = body === undefined && !merge.keepsTombstones ? '{}' : JSON.stringify(body ?? emptyDocument(id));
    const version = versionOf(id, head, text);
    // What is written here is shown here, as any local write; a tombstone without content is judged as it is elsewhere.
    const own = body === undefined ? checkVersion(version, rules).stored : { head, body: text };
    const previous = journal.seq;
    await journal.commit({
      records: [{ ...record, pending: { rev: '', heads: uniteHeads(all, [own]) } }],
      seq: head.seq,
      vector: new Map(journal.vector).set(head.actor, head.seq),
    });
    await remote.refold([id]);
    context.announce({ actor: head.actor, previous, seq: head.seq, versions: [version] }, [id]);
  }

  function problemOf(id: string, document: Body): string | undefined {
    if (isOversizeBody(JSON.stringify(document))) return 'it is too large to travel';
    return checkBody(id, document, rules)?.text;
  }

  function emptyDocument(id: string): Body {
    return { [context.primaryPath]: id };
  }

  return {
    get count() {
      return ids.size;
    },
    page(after, limit) {
      const versions: Aside[] = [];
      let units = 0;
      let from = after;
      for (;;) {
        const records = journal.above(from, STEP_RECORDS);
        for (const record of records) {
          const hidden = ids.has(record.id) ? hiddenOf(record) : [];
          if (versions.length > 0 && (units >= PAGE_UNITS || versions.length + hidden.length > limit)) {
            return { versions, next: from };
          }
          for (const stored of hidden) {
            versions.push(asideOf(record.id, stored));
            units += stored.body?.length ?? 0;
          }
          from = record.lsn;
        }
        if (records.length < STEP_RECORDS) return { versions, next: undefined };
      }
    },
    async release({ id, actor, seq }, document) {
      const invalid = document === undefined ? undefined : problemOf(id, document);
      if (invalid !== undefined) {
        throw new P2PError('DOCUMENT_INVALID', 'other devices would not show this document', { got: invalid });
      }
      const unfolded = await localWrites.journal(await context.find([id]));
      await remote.refold(unfolded);
      const record = journal.records.get(id);
      const aside = hiddenOf(record).find(({ head }) => sameDot(head, { actor, seq }));
      if (record === undefined || aside === undefined) return false;
      await supersede(record, aside, document);
      return true;
    },
    async recheck() {
      const found: string[] = [];
      for (const id of ids) {
        const record = journal.records.get(id);
        if (record === undefined) continue;
        const document = (await context.find([id])).get(id);
        const all = record.heads.map((stored) => remote.withContent(stored, document));
        const judged = all.map((stored): StoredHead => {
          // What did not travel stays as it is: there is nothing to look at.
          if (stored.hidden !== true || stored.body === undefined) return stored;
          return checkVersion({ id, head: stored.head, body: stored.body }, rules).stored;
        });
        if (hiddenOf({ ...record, heads: judged }).length === hiddenOf(record).length) continue;
        await journal.commit({ records: [{ ...record, pending: { rev: '', heads: judged } }] });
        found.push(id);
      }
      await remote.refold(found);
    },
  };
}

const STORAGE_REFUSED: ContentProblem = {
  reason: 'STORAGE_REFUSED',
  text: 'the storage of this device did not take it; tried again at the next start',
};

function isHidden({ hidden }: StoredHead): boolean {
  return hidden === true;
}
