import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { TEXT_CHARACTERS } from '../schemas.ts';
import { holdDraft } from '../writes.ts';

interface Props {
  readonly list: string;
  onAdd(text: string): void;
}

export function AddNote({ list, onAdd }: Props): JSX.Element {
  const [text, setText] = useState('');
  const add = (event?: SubmitEvent): void => {
    event?.preventDefault();
    const trimmed = text.trim();
    if (trimmed === '') return;
    onAdd(trimmed);
    setText('');
  };
  useEffect(() => (text === '' ? undefined : holdDraft(() => add())));
  return (
    <form class="add field-row" onSubmit={add}>
      <input
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        maxLength={TEXT_CHARACTERS}
        placeholder={`Add to ${list}`}
        aria-label="New note"
        autocomplete="off"
        enterkeyhint="done"
      />
      <button type="submit" class="primary">
        Add
      </button>
    </form>
  );
}
