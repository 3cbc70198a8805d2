import type { JSX } from 'preact';
import type { Undo } from '../notes/actions.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly undo: Undo | undefined;
  onUndo(undo: Undo): void;
  onDismiss(): void;
}

/** Stays until it is used, dismissed or replaced by the next action: nobody has to be quick. */
export function UndoBar({ undo, onUndo, onDismiss }: Props): JSX.Element {
  return (
    <div class="undo-place" role="status">
      {undo !== undefined && (
        <div class="undo">
          <span>{undo.what}</span>
          <button type="button" onClick={() => onUndo(undo)}>
            Undo
          </button>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={onDismiss}>
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
