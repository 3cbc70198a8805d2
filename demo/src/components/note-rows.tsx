import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Note } from '../schemas.ts';
import { type Drag, useDrag } from '../use-drag.ts';
import { useWindowRows } from '../use-window-rows.ts';
import { NoteRow, type NoteRowActions } from './note-row.tsx';

interface Props extends NoteRowActions {
  readonly notes: readonly Note[];
  readonly contested: ReadonlySet<string>;
  /** The other lists, for a note that is moved there. */
  readonly lists: readonly Note[];
  /** undefined: the rows are not in an order that can be changed, as in a search */
  readonly onMove: ((note: Note, place: number) => void) | undefined;
}

export function NoteRows({ notes, contested, lists, onMove, ...actions }: Props): JSX.Element {
  const [active, setActive] = useState<string>();
  const pinned = notes.findIndex(({ id }) => id === active);
  const { virtualizer, list } = useWindowRows(
    notes.length,
    (index) => notes[index]?.id ?? '',
    pinned === -1 ? undefined : pinned,
  );
  const drag: Drag | undefined = useDrag(notes, virtualizer, onMove);
  return (
    <ul
      ref={list}
      class={`notes card ${drag?.from === undefined ? '' : 'dragging'}`}
      style={{ height: `${virtualizer.getTotalSize()}px` }}
    >
      {virtualizer.getVirtualItems().map(({ key, index, start }) => {
        const note = notes[index];
        if (note === undefined) return null;
        const mark = drag?.markAt(index) ?? '';
        return (
          <li
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            class={`note-place ${mark}`}
            style={{ transform: `translateY(${start - virtualizer.options.scrollMargin}px)` }}
            aria-setsize={notes.length}
            aria-posinset={index + 1}
            onFocusIn={() => setActive(note.id)}
            onFocusOut={() => setActive(undefined)}
          >
            <NoteRow
              note={note}
              contested={contested.has(note.id)}
              lists={lists}
              onStep={onMove === undefined ? undefined : (steps) => onMove(note, clamp(index + steps, notes.length))}
              onGrab={drag?.grab(index)}
              {...actions}
            />
          </li>
        );
      })}
    </ul>
  );
}

function clamp(place: number, length: number): number {
  return Math.max(0, Math.min(length - 1, place));
}
