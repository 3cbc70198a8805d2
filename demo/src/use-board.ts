/** One open board as a view needs it. */
import { useMemo } from 'preact/hooks';
import type { ContestedDocument, PoolStatus } from 'rxdb-p2p';
import { map, type Observable, throttleTime } from 'rxjs';
import { NONE_OPEN } from './boards/none.ts';
import type { OpenBoard } from './boards/open-boards.ts';
import { useOpenSession } from './device/session-context.ts';
import type { Hand } from './notes/actions.ts';
import { type Arranged, arrange } from './notes/arrange.ts';
import { isAsked } from './pool/conflict-choices.ts';
import type { Board, Note } from './schemas.ts';
import { useObservable } from './use-observable.ts';

/** At most so often is a board drawn again while many notes arrive, milliseconds. */
const REDRAW_MS = 100;

const NO_CONFLICTS: readonly ContestedDocument[] = [];

export interface ShownBoard {
  /** undefined: not known yet; null: it is not on this device, or put away */
  readonly board: Board | null | undefined;
  readonly opened: OpenBoard | undefined;
  readonly arranged: Arranged | undefined;
  readonly hand: Hand | undefined;
  readonly status: PoolStatus | undefined;
  readonly contested: readonly ContestedDocument[];
}

export function useBoard(id: string): ShownBoard {
  const { boards, device } = useOpenSession();
  const all = useObservable<readonly Board[] | undefined>(boards.boards$, undefined);
  const opened = useObservable(boards.opened$, NONE_OPEN).get(id);
  const board = all === undefined ? undefined : (all.find((one) => one.id === id && one.open) ?? null);
  const notes = opened?.notes;
  const pool = opened?.pool;
  const arranged$ = useMemo(() => (notes === undefined ? undefined : arrangedNotes(notes)), [notes]);
  const contested$ = useMemo(() => pool?.conflicts$.pipe(map((all) => all.filter(isAsked))), [pool]);
  const hand = useMemo(() => (notes === undefined ? undefined : { notes, writer: device.writer }), [notes]);
  return {
    board,
    opened,
    hand,
    arranged: useObservable<Arranged | undefined>(arranged$, undefined),
    status: useObservable<PoolStatus | undefined>(pool?.status$, undefined),
    contested: useObservable(contested$, NO_CONFLICTS),
  };
}

function arrangedNotes(notes: OpenBoard['notes']): Observable<Arranged> {
  return notes.find().$.pipe(
    throttleTime(REDRAW_MS, undefined, { leading: true, trailing: true }),
    map((docs) => arrange(docs.map((doc) => doc.toJSON() as Note))),
  );
}
