/** What a board shows, made from its documents. Pure. */
import { BOARD_ID, type Note } from '../schemas.ts';

export interface NoteList {
  /** The document of the list. */
  readonly list: Note;
  /** Its notes in order. */
  readonly notes: readonly Note[];
}

export interface Arranged {
  /** undefined: it has not arrived yet */
  readonly title: string | undefined;
  readonly lists: readonly NoteList[];
  readonly byId: ReadonlyMap<string, Note>;
  /** Names of devices by what they sign with. */
  readonly writers: ReadonlyMap<string, string>;
  /** The same by replica id. */
  readonly replicas: ReadonlyMap<string, string>;
}

/** Notes whose list is gone or has not arrived are shown nonetheless. */
const LOST: Note = {
  id: 'lost',
  kind: 'list',
  parent: '',
  text: 'Without a list',
  detail: '',
  done: false,
  order: '',
  by: '',
};

export function arrange(all: readonly Note[]): Arranged {
  const byId = new Map(all.map((note) => [note.id, note]));
  const devices = all.filter(({ kind }) => kind === 'device');
  const lists = all.filter(({ kind }) => kind === 'list').sort(byOrder);
  const notes = new Map<string, Note[]>(lists.map(({ id }) => [id, []]));
  const lost: Note[] = [];
  for (const note of all) if (note.kind === 'note') (notes.get(note.parent) ?? lost).push(note);
  const shown = lists.map((list) => ({ list, notes: (notes.get(list.id) ?? []).sort(byOrder) }));
  return {
    title: byId.get(BOARD_ID)?.text,
    lists: lost.length === 0 ? shown : [...shown, { list: LOST, notes: lost.sort(byOrder) }],
    byId,
    writers: new Map(devices.map(({ id, text }) => [id.replace('device-', ''), text])),
    replicas: new Map(devices.map(({ parent, text }) => [parent, text])),
  };
}

/** The same on every device, also where two of them gave the same key. */
export function byOrder(a: Note, b: Note): number {
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

/** Notes that have all words of `query`, in the order of the board. */
export function search({ lists }: Arranged, query: string): readonly NoteList[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const has = ({ text, detail }: Note): boolean => {
    const all = `${text}\n${detail}`.toLocaleLowerCase();
    return words.every((word) => all.includes(word));
  };
  return lists.map(({ list, notes }) => ({ list, notes: notes.filter(has) })).filter(({ notes }) => notes.length > 0);
}
