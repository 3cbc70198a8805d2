import { createTopicSecret } from 'rxdb-p2p';
import { filter, firstValueFrom, map } from 'rxjs';
import type { Session } from '../device/session.ts';
import { addList, type Hand, renameBoard } from '../notes/actions.ts';
import { randomHex } from '../random.ts';
import type { Note } from '../schemas.ts';
import { cleanTitle } from './invitation.ts';
import type { Template } from './templates.ts';

const TOPIC_BYTES = 16;

/** @returns its id. @throws TooManyBoards */
export async function createBoard(session: Session, typed: string, template: Template): Promise<string> {
  const title = cleanTitle(typed);
  const [signaling] = session.deployment.signaling;
  const id = await session.boards.add({
    topic: randomHex(TOPIC_BYTES),
    secret: createTopicSecret(),
    signaling,
    title,
  });
  const hand: Hand = { notes: await notesOf(session, id), writer: session.device.writer };
  await renameBoard(hand, title);
  let last: Note | undefined;
  for (const list of template.lists) last = await addList(hand, list, last);
  return id;
}

function notesOf({ boards }: Session, id: string): Promise<Hand['notes']> {
  return firstValueFrom(
    boards.opened$.pipe(
      map((opened) => opened.get(id)?.notes),
      filter((notes) => notes !== undefined),
    ),
  );
}
