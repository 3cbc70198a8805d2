import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { focusAtOnce } from '../focus.ts';
import type { NoteList } from '../notes/arrange.ts';
import { TITLE_CHARACTERS } from '../schemas.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly lists: readonly NoteList[];
  readonly current: string | undefined;
  onChoose(id: string): void;
  onAdd(name: string): void;
}

/** The lists of a board, as buttons of which one is pressed. */
export function ListTabs({ lists, current, onChoose, onAdd }: Props): JSX.Element {
  const [adding, setAdding] = useState(false);
  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get('name');
    if (typeof name === 'string' && name.trim() !== '') onAdd(name.trim());
    setAdding(false);
  };
  return (
    <nav class="tabs" aria-label="Lists">
      {lists.map(({ list, notes }) => {
        const open = notes.filter(({ done }) => !done).length;
        return (
          <button
            key={list.id}
            type="button"
            class="tab"
            aria-pressed={list.id === current}
            onClick={() => onChoose(list.id)}
          >
            {list.text} {open > 0 && <span class="tab-count">{open.toLocaleString()}</span>}
          </button>
        );
      })}
      {adding ? (
        <form class="tab-form" onSubmit={add}>
          <input
            name="name"
            maxLength={TITLE_CHARACTERS}
            aria-label="Name of the new list"
            placeholder="New list"
            autocomplete="off"
            ref={focusAtOnce}
            onBlur={(event) => event.currentTarget.form?.requestSubmit()}
            onKeyDown={(event) => event.key === 'Escape' && setAdding(false)}
          />
        </form>
      ) : (
        <button type="button" class="tab quiet" aria-label="New list" onClick={() => setAdding(true)}>
          <Icon name="plus" />
          {lists.length === 0 && 'New list'}
        </button>
      )}
    </nav>
  );
}
