import type { JSX } from 'preact';
import * as act from '../notes/actions.ts';
import type { NoteList } from '../notes/arrange.ts';
import { notesOfFile } from '../notes/read-file.ts';
import { TITLE_CHARACTERS } from '../schemas.ts';
import { GrowingField } from './growing-field.tsx';
import { Menu } from './menu.tsx';

interface Props {
  readonly hand: act.Hand;
  readonly lists: readonly NoteList[];
  readonly current: NoteList;
  onRun(action: Promise<act.Undo | undefined>): void;
  /** For what takes the list itself away. */
  onRunAndLeave(action: Promise<act.Undo | undefined>): void;
}

/** What can be done with a list as a whole, below it. */
export function ListMenu({ hand, lists, current, onRun, onRunAndLeave }: Props): JSX.Element {
  const { list, notes } = current;
  const done = notes.filter((note) => note.done);
  const place = lists.findIndex((one) => one.list.id === list.id);
  const others = lists.map((one) => one.list).filter(({ id }) => id !== list.id);
  return (
    <footer class="list-end fine">
      <span>{notes.length > 0 && `${done.length.toLocaleString()} of ${notes.length.toLocaleString()} done`}</span>
      {done.length > 0 && (
        <button type="button" class="quiet" onClick={() => onRun(act.removeNotes(hand, done))}>
          Delete done
        </button>
      )}
      <Menu label={`More for the list ${list.text}`}>
        <GrowingField
          class="rename"
          label="Name of the list"
          value={list.text}
          maxLength={TITLE_CHARACTERS}
          required
          onCommit={(text) => onRun(act.changeNote(hand, list, { text }))}
        />
        <label class="menu-file">
          Add notes from a file…
          <input
            type="file"
            accept=".txt,.md,.csv,.tsv,text/plain,text/csv"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) onRun(addFile(hand, current, file));
              event.currentTarget.value = '';
            }}
          />
        </label>
        {place > 0 && (
          <button type="button" onClick={() => onRun(act.moveNote(hand, others, list, place - 1))}>
            Move list to the left
          </button>
        )}
        {place < lists.length - 1 && (
          <button type="button" onClick={() => onRun(act.moveNote(hand, others, list, place + 1))}>
            Move list to the right
          </button>
        )}
        <button type="button" class="danger" onClick={() => onRunAndLeave(act.removeList(hand, list, notes))}>
          Delete list
        </button>
      </Menu>
    </footer>
  );
}

async function addFile(hand: act.Hand, { list, notes }: NoteList, file: File): Promise<act.Undo> {
  return act.addNotes(hand, list, notesOfFile(file.name, await file.text()), notes.at(-1));
}
