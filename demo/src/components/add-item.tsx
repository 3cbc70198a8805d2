import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { TEXT_CHARACTERS } from '../database.ts';

export function AddItem({ onAdd }: { onAdd(text: string): void }): JSX.Element {
  const [text, setText] = useState('');
  const add = (event: SubmitEvent): void => {
    event.preventDefault();
    const trimmed = text.trim();
    if (trimmed === '') return;
    onAdd(trimmed);
    setText('');
  };
  return (
    <form class="add field-row" onSubmit={add}>
      <input
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        maxLength={TEXT_CHARACTERS}
        placeholder="Add an item"
        aria-label="New item"
        autocomplete="off"
        enterkeyhint="done"
      />
      <button type="submit" class="primary">
        Add
      </button>
    </form>
  );
}
