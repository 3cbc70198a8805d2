/** What a person can do on a board; each action that takes something away or changes it returns the way back. */
import type { RxCollection } from 'rxdb';
import { randomHex } from '../random.ts';
import { BOARD_ID, type Note, TEXT_CHARACTERS } from '../schemas.ts';
import { keyBefore, keysAfter, keysToPlace } from './order.ts';

/** The last thing done, in words, and its reversal. */
export interface Undo {
  readonly what: string;
  revert(): Promise<unknown>;
}

/** A person at a board: its notes, and what this device signs with. */
export interface Hand {
  readonly notes: RxCollection<Note>;
  readonly writer: string;
}

/** 80 random bits: enough for notes that people write. */
const ID_BYTES = 10;

/** Longest piece of a note that fits a one-line message, characters. */
const QUOTE_CHARACTERS = 40;

export function newNote(
  { writer }: Hand,
  note: Pick<Note, 'kind' | 'parent' | 'text' | 'order'> & Partial<Note>,
): Note {
  return { id: randomHex(ID_BYTES), detail: '', done: false, by: writer, ...note };
}

export async function addNote(hand: Hand, list: Note, text: string, first: Note | undefined): Promise<undefined> {
  await hand.notes.insert(newNote(hand, { kind: 'note', parent: list.id, text, order: keyBefore(first) }));
}

/** Below those that are there. */
export async function addNotes(
  hand: Hand,
  list: Note,
  notes: readonly { readonly text: string; readonly detail?: string }[],
  last: Note | undefined,
): Promise<Undo> {
  const keys = keysAfter(last, notes.length);
  const added = notes.map(({ text, detail = '' }, index) =>
    newNote(hand, {
      kind: 'note',
      parent: list.id,
      text: text.slice(0, TEXT_CHARACTERS),
      detail,
      order: keys[index] ?? '',
    }),
  );
  await hand.notes.bulkInsert(added);
  return {
    what: `Added ${added.length.toLocaleString()} notes`,
    revert: () => hand.notes.bulkRemove(added.map(({ id }) => id)),
  };
}

export async function addList(hand: Hand, text: string, last: Note | undefined): Promise<Note> {
  const list = newNote(hand, { kind: 'list', parent: '', text, order: keysAfter(last, 1)[0] ?? '' });
  await hand.notes.insert(list);
  return list;
}

/** Writes only what changed, so that another person's edit of another field survives. */
export async function changeNote(hand: Hand, before: Note, change: Partial<Note>): Promise<Undo> {
  await patch(hand, before.id, change);
  const old: Record<string, unknown> = {};
  for (const field of Object.keys(change) as (keyof Note)[]) old[field] = before[field];
  return { what: `Changed ${quote(before.text)}`, revert: () => patch(hand, before.id, old) };
}

export async function renameBoard(hand: Hand, text: string): Promise<undefined> {
  const doc = await hand.notes.findOne(BOARD_ID).exec();
  if (doc === null)
    await hand.notes.insert(newNote(hand, { id: BOARD_ID, kind: 'board', parent: '', text, order: '' }));
  else await doc.incrementalPatch({ text, by: hand.writer });
}

/** @param others the notes that `note` is moved among, in order, without itself */
export async function moveNote(hand: Hand, others: readonly Note[], note: Note, place: number): Promise<Undo> {
  const before = new Map([note, ...others].map(({ id, order }) => [id, order]));
  const keys = keysToPlace(others, note, place);
  for (const { id, order } of keys) await patch(hand, id, { order });
  return {
    what: `Moved ${quote(note.text)}`,
    revert: async () => {
      for (const { id } of keys) await patch(hand, id, { order: before.get(id) ?? '' });
    },
  };
}

/** To the top of another list. */
export async function moveToList(hand: Hand, note: Note, list: Note, first: Note | undefined): Promise<Undo> {
  await patch(hand, note.id, { parent: list.id, order: keyBefore(first) });
  return {
    what: `Moved ${quote(note.text)} to ${quote(list.text)}`,
    revert: () => patch(hand, note.id, { parent: note.parent, order: note.order }),
  };
}

export async function removeNotes(hand: Hand, notes: readonly Note[]): Promise<Undo> {
  await hand.notes.bulkRemove(notes.map((note) => note.id));
  const [first] = notes;
  return {
    what:
      notes.length === 1 && first ? `Deleted ${quote(first.text)}` : `Deleted ${notes.length.toLocaleString()} notes`,
    revert: () => hand.notes.bulkUpsert([...notes]),
  };
}

export async function removeList(hand: Hand, list: Note, notes: readonly Note[]): Promise<Undo> {
  const { revert } = await removeNotes(hand, [...notes, list]);
  return { what: `Deleted the list ${quote(list.text)}`, revert };
}

async function patch({ notes, writer }: Hand, id: string, change: Partial<Note>): Promise<void> {
  const doc = await notes.findOne(id).exec();
  if (doc === null) throw new Error('Somebody deleted this note in the meantime.');
  await doc.incrementalPatch({ ...change, by: writer });
}

export function quote(text: string): string {
  const short = text.length > QUOTE_CHARACTERS ? `${text.slice(0, QUOTE_CHARACTERS - 1).trimEnd()}…` : text;
  return `“${short}”`;
}
