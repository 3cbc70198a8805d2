import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { quote } from '../actions.ts';
import { type Item, NOTE_CHARACTERS, TEXT_CHARACTERS } from '../database.ts';
import { GrowingField } from './growing-field.tsx';
import { Icon } from './icon.tsx';

interface Props {
  readonly item: Item;
  readonly contested: boolean;
  onChange(item: Item, change: Partial<Item>): void;
  onRemove(item: Item): void;
}

export function ItemRow({ item, contested, onChange, onRemove }: Props): JSX.Element {
  const [writingNote, setWritingNote] = useState(false);
  const named = quote(item.text);
  return (
    <li class={`item ${item.done ? 'done' : ''}`} id={`item-${item.id}`}>
      <input
        type="checkbox"
        checked={item.done}
        aria-label={`${named} is done`}
        onChange={(event) => onChange(item, { done: event.currentTarget.checked })}
      />
      <div class="item-words">
        <GrowingField
          class="item-text"
          label={`Text of ${named}`}
          value={item.text}
          maxLength={TEXT_CHARACTERS}
          required
          onCommit={(text) => onChange(item, { text })}
        />
        {(item.note !== '' || writingNote) && (
          <GrowingField
            class="item-note"
            label={`Note on ${named}`}
            value={item.note}
            maxLength={NOTE_CHARACTERS}
            placeholder="Note"
            multiline
            autoFocus={writingNote}
            onCommit={(note) => onChange(item, { note })}
            onLeave={() => setWritingNote(false)}
          />
        )}
        {contested && (
          <a class="badge" href={`#conflict-${item.id}`} onClick={(event) => jump(event, `conflict-${item.id}`)}>
            <Icon name="fork" /> two versions
          </a>
        )}
      </div>
      <div class="item-actions">
        {item.note === '' && !writingNote && (
          <button
            type="button"
            class="icon-button"
            aria-label={`Add a note to ${named}`}
            title="Add a note"
            onClick={() => setWritingNote(true)}
          >
            <Icon name="note" />
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label={`Delete ${named}`}
          title="Delete"
          onClick={() => onRemove(item)}
        >
          <Icon name="trash" />
        </button>
      </div>
    </li>
  );
}

/** The address's hash names the list, so a place on the page cannot have it. */
function jump(event: MouseEvent, id: string): void {
  event.preventDefault();
  const target = document.getElementById(id);
  target?.scrollIntoView({ block: 'center' });
  target?.querySelector('button')?.focus();
}
