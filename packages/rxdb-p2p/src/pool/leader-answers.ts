/** What only the leading tab can answer: what its journal says, and what has to be written there. */
import type { Body } from '@rxdb-p2p/protocol';
import { showable, toShown } from '../replica/heads.ts';
import type { TabQuestion } from '../tabs/tab-messages.ts';
import type { LedPool } from './led-pool.ts';
import { toQuarantinePage } from './quarantine-page.ts';
import type { ConflictVersion, QuarantinePage } from './types.ts';

/** Plain values: they cross to other tabs. */
interface Answers {
  readonly writes: null;
  readonly authorize: null;
  readonly conflicts: readonly ConflictVersion<unknown>[];
  readonly quarantine: QuarantinePage;
  readonly release: boolean;
}

export type AnswerTo<Asked extends TabQuestion> = Answers[Asked['about']];

/** @throws P2PError as the replica does */
export async function answerQuestion(
  { active: { replica }, reauthorize }: LedPool,
  asked: TabQuestion,
): Promise<Answers[TabQuestion['about']]> {
  switch (asked.about) {
    case 'writes':
      await replica.catchUp();
      return null;
    case 'authorize':
      await reauthorize();
      return null;
    case 'conflicts': {
      const heads = showable(await replica.headsOf(asked.id));
      if (heads.length < 2) return [];
      return toShown(heads).map(({ head, body }): ConflictVersion<unknown> => {
        const { actor, seq, time, deleted } = head;
        return { own: actor === replica.actor, actor, seq, time: time / 100, deleted, document: body };
      });
    }
    case 'quarantine':
      return toQuarantinePage(replica.quarantine(asked.after, asked.limit));
    case 'release':
      return replica.release(asked.version, asked.document as Body | undefined);
  }
}
