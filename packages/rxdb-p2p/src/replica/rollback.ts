/**
 * A device that was set back, to a backup say: others know later writes of its name than it does itself (ARCHITECTURE §4).
 * It writes under another name from now on, fetches what it had written, and issues again what nobody else has of it.
 */
import {
  type Actor,
  compareClocks,
  compareStrings,
  covers,
  type Dot,
  type Head,
  isFork,
  joinPasts,
  P2PError,
  sameHead,
  supersedes,
} from '@rxdb-p2p/protocol';
import type { JournalChange } from '../journal/journal-change.ts';
import type { NewRecord, StoredHead } from '../journal/record.ts';
import type { FormerName, RollbackState } from '../journal/segment.ts';
import type { Checked } from './content.ts';
import { isTaken, type Reissue, reissue } from './reissue.ts';
import type { NewIncarnation, ReplicaContext } from './replica-context.ts';

export interface Rollback {
  /** whether old writes are still being fetched: no cursor may skip them */
  readonly pending: boolean;
  /**
   * Begins, if this is still our name: somebody knows its write of this number.
   *
   * @param fetch whether such writes may come; otherwise it can be finished at once
   * @param held up to where others are known to hold them: not before those have come it ends. Default: `seq`
   * @returns whether it did
   */
  begin(actor: Actor, seq: number, fetch: boolean, held?: number): Promise<boolean>;
  /** Gives the name up, though nobody is known to have gone further under it: another device writes under it, too. */
  renounce(): Promise<void>;
  /** What comes is not to supersede what its author cannot have seen. @returns ids of the documents that go on */
  protect(incoming: ReadonlyMap<string, readonly Checked[]>): Promise<readonly string[]>;
  /**
   * Ends, if all that is known of the old name has come.
   *
   * @param anyway also without the rest, since nobody who holds it has come for long; default false
   * @returns ids of the documents that go on
   */
  finish(anyway?: boolean): Promise<readonly string[]>;
  /** After a crash half-way: nobody remembers what had come. */
  again(): Promise<void>;
}

export function createRollback(context: ReplicaContext): Rollback {
  const { journal, onProblem } = context;
  /** Old writes that others have, as they have come. */
  const confirmed = new Set<string>();
  const keyOf = (id: string, { head }: StoredHead): string => `${head.seq} ${head.hash} ${id}`;

  /** Own writes under the old name that nobody else is known to have. */
  function isOurs(id: string, stored: StoredHead): boolean {
    const { rollback } = journal;
    if (rollback === null) return false;
    const { actor, seq } = stored.head;
    return actor === rollback.actor && seq > rollback.floor && !confirmed.has(keyOf(id, stored));
  }

  const withoutCursors = (): readonly (readonly [string, null])[] =>
    journal.cursorNames().map((name) => [name, null] as const);

  /** The vector without what may be another write than the one that others have. */
  function lowered(actor: Actor, floor: number): Map<Actor, number> {
    const vector = new Map(journal.vector);
    const entry = Math.min(floor, vector.get(actor) ?? 0);
    if (entry > 0) vector.set(actor, entry);
    else vector.delete(actor);
    return vector;
  }

  /** Others hold what the vector covers by now of the old name. */
  function knownByNow({ formerNames = journal.formerNames }: JournalChange, { actor }: RollbackState): FormerName[] {
    const held = journal.vector.get(actor) ?? 0;
    return formerNames.map(([name, seq]) => [name, name === actor ? Math.max(seq, held) : seq]);
  }

  /**
   * What goes on.
   *
   * @param renamed the name that it takes; default: the present one, or a new one where that is taken
   * @param vector gets the entry of that name
   */
  function goingOn(
    rollback: RollbackState,
    choose: Reissue['choose'],
    vector: Map<Actor, number>,
    renamed?: NewIncarnation,
  ): JournalChange & { readonly records: readonly NewRecord[] } {
    const isUsable = !isTaken(journal.records.values(), { choose, name: context.actor() });
    const change = renamed ?? (isUsable ? undefined : context.newIncarnation());
    const name = change === undefined ? context.actor() : context.actorOf(change.incarnation);
    const floor = { actor: rollback.actor, seq: rollback.floor };
    const pastOf = (id: string, stored: StoredHead): readonly Dot[] =>
      isOurs(id, stored) ? pastUpTo(stored.head, name, floor) : joinPasts([stored.head], name);
    const from = change === undefined ? journal.seq : 0;
    const { records, seq } = reissue(journal.records.values(), { choose, name, from, pastOf });
    if (records.length > 0) vector.set(name, seq);
    return { ...change, records, seq };
  }

  async function issueAgain(choose: Reissue['choose'], last = false): Promise<string[]> {
    const { rollback } = journal;
    if (rollback === null) return [];
    const vector = new Map(journal.vector);
    const change = goingOn(rollback, choose, vector);
    if (change.records.length === 0 && !last) return [];
    const ended: JournalChange = last ? { rollback: null, formerNames: knownByNow(change, rollback) } : {};
    await journal.commit({ ...change, vector, ...ended });
    context.noteUnfolded(change.records);
    return change.records.map(({ id }) => id);
  }

  /** @param upTo what others have named, 0: nothing. @returns what they are known to have had from us */
  async function giveUp(upTo: number): Promise<number> {
    const actor = context.actor();
    const floor = Math.min(context.acknowledged, journal.seq);
    const vector = lowered(actor, floor);
    const renamed = context.newIncarnation();
    const { rollback } = journal;
    // A second time before the first has ended: what it still has goes on at once, not under the name that is given up.
    const change = rollback === null ? renamed : goingOn(rollback, isOurs, vector, renamed);
    const formerNames = rollback === null ? {} : { formerNames: knownByNow(renamed, rollback) };
    confirmed.clear();
    await journal.commit({
      ...change,
      ...formerNames,
      ...{ vector, cursors: withoutCursors(), rollback: { actor, floor, upTo } },
    });
    context.noteUnfolded(change.records ?? []);
    return floor;
  }

  return {
    get pending() {
      return journal.rollback !== null;
    },
    async begin(actor, seq, fetch, held = seq) {
      if (actor !== context.actor() || seq <= journal.seq) return false;
      const floor = await giveUp(fetch ? held : 0);
      const then = fetch ? 'it fetches them' : 'they are not fetched, since who knows them may not write here';
      const message = `others know later writes of this device than it does itself; ${then}`;
      const hint = 'nothing to do: a backup was restored, or a profile copied to another device';
      onProblem(new P2PError('ROLLED_BACK', message, { got: `${seq}, knew ${floor} to be there`, hint }));
      return true;
    },
    async renounce() {
      if (journal.seq === 0) return;
      await giveUp(0);
      context.announce(null, [], true);
    },
    async protect(incoming) {
      if (journal.rollback === null) return [];
      const endangered = new Set<string>();
      for (const [id, versions] of incoming) {
        for (const { stored } of versions)
          if (stored.head.actor === journal.rollback.actor) confirmed.add(keyOf(id, stored));
        for (const mine of journal.records.get(id)?.heads ?? [])
          if (isOurs(id, mine) && versions.some(({ stored }) => endangers(stored, mine)))
            endangered.add(keyOf(id, mine));
      }
      if (endangered.size === 0) return [];
      return issueAgain((id, stored) => isOurs(id, stored) && endangered.has(keyOf(id, stored)));
    },
    async finish(anyway = false) {
      const { rollback } = journal;
      if (rollback === null) return [];
      if (!anyway && !covers(journal.vector, { actor: rollback.actor, seq: rollback.upTo })) return [];
      // What others have, and can never count since an earlier write is gone for good, goes on, too.
      const isUncounted = ({ head }: StoredHead): boolean =>
        head.actor === rollback.actor && !covers(journal.vector, head);
      return issueAgain((id, stored) => isOurs(id, stored) || isUncounted(stored), true);
    },
    async again() {
      const { rollback } = journal;
      if (rollback === null) return;
      const { actor, floor } = rollback;
      await journal.commit({ vector: lowered(actor, floor), cursors: withoutCursors() });
    },
  };
}

/**
 * One of the two would be taken for superseded, by name, where its author may have meant another write of that name: what
 * comes is earlier than ours, or is one of those that we had not heard of.
 */
function endangers({ head }: StoredHead, { head: mine }: StoredHead): boolean {
  if (sameHead(head, mine)) return false;
  if (isFork(head, mine)) return true;
  if (supersedes(head, mine)) return compareClocks(head, mine) < 0;
  return head.actor === mine.actor && supersedes(mine, head);
}

/**
 * Up to the floor, writes of the old name are surely those that others hold; above it they may be others of that name, which
 * nobody here has seen.
 */
function pastUpTo({ past }: Head, name: Actor, floor: Dot): readonly Dot[] {
  const others = past.filter(({ actor }) => actor !== name && actor !== floor.actor);
  return floor.seq === 0 ? others : [...others, floor].sort((a, b) => compareStrings(a.actor, b.actor));
}
