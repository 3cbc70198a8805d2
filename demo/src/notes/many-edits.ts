import type { Note } from '../schemas.ts';
import type { Hand } from './actions.ts';

/** Ticks, or takes back the ticks of, so many notes. Notes are taken again and again where there are fewer. */
export async function makeManyEdits({ notes, writer }: Hand, on: readonly Note[], edits: number): Promise<void> {
  const docs = [...(await notes.findByIds(on.map(({ id }) => id)).exec()).values()];
  if (docs.length === 0) return;
  for (let made = 0; made < edits; ) {
    const some = docs.slice(0, edits - made);
    await Promise.all(some.map((doc) => doc.incrementalModify((note) => ({ ...note, done: !note.done, by: writer }))));
    made += some.length;
  }
}
