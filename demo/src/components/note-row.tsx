import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { quote } from '../notes/actions.ts';
import { DETAIL_CHARACTERS, type Note, TEXT_CHARACTERS } from '../schemas.ts';
import { GrowingField } from './growing-field.tsx';
import { Icon } from './icon.tsx';

export interface NoteRowActions {
  onChange(note: Note, change: Partial<Note>): void;
  onRemove(note: Note): void;
  onMoveToList(note: Note, list: Note): void;
}

interface Props extends NoteRowActions {
  readonly note: Note;
  readonly contested: boolean;
  readonly lists: readonly Note[];
  readonly onStep: ((steps: number) => void) | undefined;
  readonly onGrab: ((event: PointerEvent) => void) | undefined;
}

export function NoteRow({ note, contested, lists, onStep, onGrab, ...on }: Props): JSX.Element {
  const [addingDetail, setAddingDetail] = useState(false);
  const named = quote(note.text);
  const onHandleKey = (event: KeyboardEvent): void => {
    const steps = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (steps === 0) return;
    event.preventDefault();
    onStep?.(steps);
  };
  return (
    <div
      class={`note ${note.done ? 'done' : ''}`}
      id={`note-${note.id}`}
      // What comes up below it is not to be behind the bar that offers the way back.
      onFocusIn={({ currentTarget }) => requestAnimationFrame(() => currentTarget.scrollIntoView({ block: 'nearest' }))}
    >
      <Tick note={note} onTick={(done) => on.onChange(note, { done })} />
      <div class="note-words">
        <GrowingField
          class="note-text"
          label={`Text of ${named}`}
          value={note.text}
          maxLength={TEXT_CHARACTERS}
          required
          onCommit={(text) => on.onChange(note, { text })}
        />
        {(note.detail !== '' || addingDetail) && (
          <GrowingField
            class="note-detail"
            label={`More about ${named}`}
            value={note.detail}
            maxLength={DETAIL_CHARACTERS}
            placeholder="More about it"
            multiline
            autoFocus={addingDetail}
            onCommit={(detail) => on.onChange(note, { detail })}
            onLeave={() => setAddingDetail(false)}
          />
        )}
        {contested && (
          <button type="button" class="badge" onClick={() => showConflict(note.id)}>
            <Icon name="fork" /> two versions
          </button>
        )}
        <div class="note-actions">
          {note.detail === '' && !addingDetail && (
            <button type="button" aria-label={`Write more about ${named}`} onClick={() => setAddingDetail(true)}>
              More
            </button>
          )}
          {lists.length > 0 && (
            <select
              aria-label={`Move ${named} to another list`}
              value=""
              onChange={(event) => {
                const list = lists.find(({ id }) => id === event.currentTarget.value);
                if (list !== undefined) on.onMoveToList(note, list);
              }}
            >
              <option value="">Move to…</option>
              {lists.map(({ id, text }) => (
                <option key={id} value={id}>
                  {text}
                </option>
              ))}
            </select>
          )}
          <button type="button" class="danger" aria-label={`Delete ${named}`} onClick={() => on.onRemove(note)}>
            Delete
          </button>
        </div>
      </div>
      {onStep !== undefined && (
        <button
          type="button"
          class="handle icon-button"
          aria-label={`Move ${named}: arrow keys up and down`}
          title="Drag to move"
          onKeyDown={onHandleKey}
          onPointerDown={onGrab}
        >
          <Icon name="grip" />
        </button>
      )}
    </div>
  );
}

/** Shows what was chosen at once, and what is stored when that has changed. */
function Tick({ note, onTick }: { readonly note: Note; onTick(done: boolean): void }): JSX.Element {
  const [chosen, setChosen] = useState<boolean>();
  useEffect(() => setChosen(undefined), [note.done]);
  return (
    <input
      type="checkbox"
      checked={chosen ?? note.done}
      aria-label={`${quote(note.text)} is done`}
      onChange={(event) => {
        setChosen(event.currentTarget.checked);
        onTick(event.currentTarget.checked);
      }}
    />
  );
}

function showConflict(id: string): void {
  const target = document.getElementById(`conflict-${id}`);
  target?.scrollIntoView({ block: 'center' });
  target?.querySelector('button')?.focus();
}
