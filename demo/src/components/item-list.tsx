import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { ContestedDocument, P2PPool } from 'rxdb-p2p';
import { map } from 'rxjs';
import { addItem, changeItem, removeItems, type Undo } from '../actions.ts';
import { type Problem, problemOf } from '../advice.ts';
import { settle } from '../conflict-choices.ts';
import type { Item, ListDatabase } from '../database.ts';
import { useObservable } from '../use-observable.ts';
import { AddItem } from './add-item.tsx';
import { Conflicts } from './conflicts.tsx';
import { ItemRow } from './item-row.tsx';
import { ProblemNote } from './problem-note.tsx';
import { UndoBar } from './undo-bar.tsx';

const NO_CONFLICTS: readonly ContestedDocument[] = [];

interface Props {
  readonly db: ListDatabase;
  readonly pool: P2PPool<Item> | undefined;
}

export function ItemList({ db, pool }: Props): JSX.Element {
  const items$ = useMemo(
    () =>
      db.items
        .find({ sort: [{ createdAt: 'desc' }, { id: 'asc' }] })
        .$.pipe(map((docs): readonly Item[] => docs.map((doc) => doc.toJSON()))),
    [db],
  );
  const items = useObservable<readonly Item[] | undefined>(items$, undefined);
  const contested = useObservable(pool?.conflicts$, NO_CONFLICTS);
  const [undo, setUndo] = useState<Undo>();
  const [problem, setProblem] = useState<Problem>();
  const list = useRef<HTMLElement>(null);

  /** Every action ends here: its way back is offered, its failure is shown. */
  const run = (action: Promise<Undo | undefined>): void => {
    action.then(
      (next) => {
        setProblem(undefined);
        setUndo(next);
      },
      (error: unknown) => setProblem(problemOf(error)),
    );
  };
  const change = async (item: Item, next: Partial<Item>): Promise<Undo | undefined> => {
    const back = await changeItem(db, item, next);
    // A tick is its own way back.
    return next.done === undefined ? back : undefined;
  };
  /** For an action whose button goes with what it acts on: the focus has to stay somewhere near. */
  const runAndLeave = (action: Promise<Undo | undefined>): void => {
    run(action);
    list.current?.focus();
  };

  if (items === undefined) return <section class="list" aria-label="Items" aria-busy="true" />;
  const done = items.filter((item) => item.done);
  const contestedIds = new Set(contested.map(({ id }) => id));
  return (
    <section ref={list} tabIndex={-1} aria-label="Items" class="list">
      <AddItem onAdd={(text) => run(addItem(db, text))} />
      {problem !== undefined && <ProblemNote problem={problem} />}
      {pool !== undefined && (
        <Conflicts
          pool={pool}
          contested={contested}
          items={items}
          onSettle={(id, choice) => runAndLeave(settle(db, id, choice))}
        />
      )}
      {items.length === 0 ? (
        <p class="empty">Nothing here yet. Add the first item, then send the link to somebody.</p>
      ) : (
        <ul class="items card">
          {items.map((item) => (
            <ItemRow
              key={item.id}
              item={item}
              contested={contestedIds.has(item.id)}
              onChange={(before, next) => run(change(before, next))}
              onRemove={(gone) => runAndLeave(removeItems(db, [gone]))}
            />
          ))}
        </ul>
      )}
      {items.length > 0 && (
        <div class="list-end fine">
          <span>
            {done.length} of {items.length} done
          </span>
          {done.length > 0 && (
            <button type="button" class="quiet" onClick={() => runAndLeave(removeItems(db, done))}>
              Delete done items
            </button>
          )}
        </div>
      )}
      <UndoBar
        undo={undo}
        onUndo={(last) => run(last.revert().then(() => undefined))}
        onDismiss={() => setUndo(undefined)}
      />
    </section>
  );
}
