import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { OpenBoard } from '../boards/open-boards.ts';
import { useOpenSession } from '../device/session-context.ts';
import { focusAtOnce } from '../focus.ts';
import { headline, waiting } from '../pool/phrases.ts';
import { boardHash } from '../route.ts';
import type { Board } from '../schemas.ts';
import { useObservable } from '../use-observable.ts';
import { useOnline } from '../use-online.ts';
import { Menu } from './menu.tsx';

interface Props {
  readonly board: Board;
  readonly opened: OpenBoard | undefined;
  onRun(action: Promise<unknown>): void;
}

export function ShelfRow({ board, opened, onRun }: Props): JSX.Element {
  const { boards } = useOpenSession();
  const status = useObservable(opened?.pool?.status$, undefined);
  const online = useOnline();
  const [asking, setAsking] = useState(false);
  const line = headline({ status, online, failed: opened?.problem !== undefined });
  const note = status !== undefined && status.writesWaiting > 0 ? waiting(status.writesWaiting) : line.title;
  return (
    <li class="shelf-row">
      {board.open && <span class={`dot ${line.mood}`} />}
      {board.open ? (
        <a class="shelf-link" href={boardHash(board.id)}>
          <b>{board.title}</b>
          <span class="fine">{note}</span>
        </a>
      ) : (
        <span class="shelf-link">
          <b>{board.title}</b>
          <span class="fine">Kept as it was; not shared while it is put away</span>
        </span>
      )}
      <Menu label={`More for ${board.title}`}>
        {board.open ? (
          <button type="button" onClick={() => onRun(boards.putAway(board.id))}>
            Put away
          </button>
        ) : (
          <button type="button" onClick={() => onRun(boards.open(board.id))}>
            Open again
          </button>
        )}
        <button type="button" class="danger" onClick={() => setAsking(true)}>
          Remove from this device…
        </button>
      </Menu>
      {asking && (
        <div class="asking" role="alertdialog" aria-label={`Remove ${board.title}?`}>
          <p>
            Removes this device’s copy of <b>{board.title}</b>. Other devices keep theirs
            {status !== undefined && status.writesWaiting > 0 ? `, but ${waiting(status.writesWaiting)}` : '.'}
          </p>
          <div class="buttons">
            <button type="button" class="danger" onClick={() => onRun(boards.remove(board.id))}>
              Remove
            </button>
            <button type="button" ref={focusAtOnce} onClick={() => setAsking(false)}>
              Keep
            </button>
          </div>
        </div>
      )}
    </li>
  );
}
