/**
 * The tabs of one collection as one pool: the leader tells the others what its pools show, they ask it what only it can
 * know. A follower's pool shows what the leader last said, until that leadership is over.
 */
import { P2PError } from '@rxdb-p2p/protocol';
import type { ContestedDocument, PoolStatus } from '../pool/types.ts';
import { createElection, type ElectionDeps, type TabLead } from './election.ts';
import type { OpenTabChannel } from './tab-channel.ts';
import {
  fromPlainProblem,
  isAnswerTo,
  isLeaderMessage,
  type LeaderMessage,
  type TabAnswer,
  type TabMessage,
  type TabQuestion,
  toPlainProblem,
} from './tab-messages.ts';

/** One pool of this tab, as the other tabs make use of it. */
export interface PoolListener {
  /** What the leader shows; undefined: its leadership is over, and what it said with it. */
  onStatus(status: PoolStatus | undefined): void;
  /** Another tab leads, and has not opened this pool: nothing goes on for it. */
  onNotLed(): void;
  onConflicts(conflicts: readonly ContestedDocument[]): void;
  onProblem(problem: P2PError): void;
  /** This tab leads, and another one asks. */
  answer(asked: TabQuestion): Promise<unknown>;
}

/** Telling has no effect in a tab that does not lead. */
export interface PoolShare {
  tellStatus(status: PoolStatus): void;
  tellConflicts(conflicts: readonly ContestedDocument[]): void;
  tellProblem(problem: P2PError): void;
  /**
   * Asks the leader, and the next one if it ends before it answers. Rejects with the problem that the leader has with it.
   *
   * @returns undefined: it could not answer, this tab leads, or the pool is closed
   */
  ask(asked: TabQuestion): Promise<{ readonly value: unknown } | undefined>;
  close(): void;
}

export interface Tabs {
  /** Resolves when this tab leads; see `Election`. */
  lead(signal: AbortSignal): Promise<TabLead>;
  /** @param room names the pool in every tab */
  share(room: string, listener: PoolListener): PoolShare;
  close(): void;
}

export interface TabsDeps extends Omit<ElectionDeps, 'post'> {
  readonly openChannel: OpenTabChannel;
}

interface Question {
  readonly room: string;
  readonly asked: TabQuestion;
  readonly resolve: (said: TabAnswer) => void;
}

interface SharedPool {
  readonly listener: PoolListener;
  status?: PoolStatus;
  conflicts?: readonly ContestedDocument[];
}

export function createTabs(deps: TabsDeps): Tabs {
  const { tab } = deps;
  const pools = new Map<string, SharedPool>();
  /** as many as the application of this tab has asked */
  const questions = new Map<string, Question>();
  /** what the leader's messages carry; undefined: this tab does not lead */
  let own: number | undefined;
  /** of the leader whose word the pools show */
  let heardTerm: number | undefined;
  let lastQuestion = 0;

  const channel = deps.openChannel(deps.name, receive);
  const election = createElection({ ...deps, post: (message) => channel.post(message) });

  function receive(message: TabMessage): void {
    if (!election.heard(message)) return;
    if (isLeaderMessage(message)) {
      if (message.term !== heardTerm) follow(message);
      listen(message);
      return;
    }
    if (message.type === 'claim') setVoid();
    if (message.type === 'who') tellAll();
    if (message.type === 'ask') void answer(message.room, message.question, message.asked);
  }

  /** Another leader than before: what the former one said is void, and what was asked of it is asked again. */
  function follow({ term }: LeaderMessage): void {
    setVoid();
    heardTerm = term;
    channel.post({ type: 'who', from: tab });
    for (const [question, { room, asked }] of questions)
      channel.post({ type: 'ask', from: tab, room, question, asked });
  }

  function setVoid(): void {
    heardTerm = undefined;
    for (const { listener } of pools.values()) listener.onStatus(undefined);
  }

  function listen(message: LeaderMessage): void {
    if (message.type === 'over') setVoid();
    if (message.type === 'rooms') {
      for (const [room, { listener }] of pools) if (!message.rooms.includes(room)) listener.onNotLed();
    }
    if (!('room' in message)) return;
    if (message.type === 'answer') {
      questions.get(message.question)?.resolve(message.said);
      return;
    }
    const listener = pools.get(message.room)?.listener;
    if (message.type === 'status') listener?.onStatus(message.status);
    else if (message.type === 'conflicts') listener?.onConflicts(message.conflicts);
    else listener?.onProblem(fromPlainProblem(message.problem));
  }

  function tellAll(): void {
    if (own === undefined) return;
    const leader = { from: tab, term: own };
    for (const [room, { status, conflicts }] of pools) {
      if (conflicts !== undefined) channel.post({ ...leader, type: 'conflicts', room, conflicts });
      if (status !== undefined) channel.post({ ...leader, type: 'status', room, status });
    }
    tellRooms();
  }

  function tellRooms(): void {
    if (own !== undefined) channel.post({ type: 'rooms', from: tab, term: own, rooms: [...pools.keys()] });
  }

  async function answer(room: string, question: string, asked: TabQuestion): Promise<void> {
    const listener = pools.get(room)?.listener;
    if (own === undefined || listener === undefined) return;
    const said = await listener.answer(asked).then(
      (value): TabAnswer => ({ value }),
      // What is wrong with the question is for who asked it; that this tab cannot answer, its pool shows.
      (error: unknown) =>
        error instanceof P2PError && error.code !== 'LEADERSHIP_LOST' ? { problem: toPlainProblem(error) } : null,
    );
    if (own !== undefined) channel.post({ type: 'answer', from: tab, term: own, room, question, said });
  }

  function forget(): void {
    own = undefined;
    for (const pool of pools.values()) {
      delete pool.status;
      delete pool.conflicts;
    }
  }

  return {
    async lead(signal) {
      const lead = await election.lead(signal);
      own = lead.term;
      setVoid();
      lead.over.addEventListener('abort', forget);
      for (const { resolve } of questions.values()) resolve(null);
      return lead;
    },
    share(room, listener) {
      const pool: SharedPool = { listener };
      pools.set(room, pool);
      channel.post({ type: 'who', from: tab });
      const post = (message: (leader: { from: string; term: number }) => TabMessage): void => {
        if (own !== undefined) channel.post(message({ from: tab, term: own }));
      };
      return {
        tellStatus(status) {
          if (own === undefined) return;
          pool.status = status;
          post((leader) => ({ ...leader, type: 'status', room, status }));
        },
        tellConflicts(conflicts) {
          if (own === undefined) return;
          pool.conflicts = conflicts;
          post((leader) => ({ ...leader, type: 'conflicts', room, conflicts }));
        },
        tellProblem(problem) {
          post((leader) => ({ ...leader, type: 'problem', room, problem: toPlainProblem(problem) }));
        },
        async ask(asked) {
          if (own !== undefined) return undefined;
          const question = `${tab}-${++lastQuestion}`;
          const said = await new Promise<TabAnswer>((resolve) => {
            questions.set(question, { room, asked, resolve });
            channel.post({ type: 'ask', from: tab, room, question, asked });
          });
          questions.delete(question);
          if (said === null) return undefined;
          if ('problem' in said) throw fromPlainProblem(said.problem);
          return isAnswerTo(asked, said.value) ? said : undefined;
        },
        close() {
          if (pools.get(room) === pool) pools.delete(room);
          tellRooms();
          for (const question of questions.values()) if (question.room === room) question.resolve(null);
        },
      };
    },
    close() {
      election.close();
      channel.close();
      for (const { resolve } of questions.values()) resolve(null);
    },
  };
}
