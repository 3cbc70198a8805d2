import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PeerSnapshot } from 'rxdb-p2p';
import { cleanTitle } from '../boards/invitation.ts';
import { AddNote } from '../components/add-note.tsx';
import { Conflicts } from '../components/conflicts.tsx';
import { GrowingField } from '../components/growing-field.tsx';
import { Icon } from '../components/icon.tsx';
import { ListMenu } from '../components/list-menu.tsx';
import { ListTabs } from '../components/list-tabs.tsx';
import { NoteRows } from '../components/note-rows.tsx';
import { PeopleList } from '../components/people-list.tsx';
import { PoolStatusCard } from '../components/pool-status-card.tsx';
import { ProblemNote } from '../components/problem-note.tsx';
import { UndoBar } from '../components/undo-bar.tsx';
import { useOpenSession } from '../device/session-context.ts';
import { focusAtOnce } from '../focus.ts';
import { later } from '../later.tsx';
import * as act from '../notes/actions.ts';
import { type Arranged, search } from '../notes/arrange.ts';
import { settle } from '../pool/conflict-choices.ts';
import { count } from '../pool/phrases.ts';
import { devicesHash, HOME } from '../route.ts';
import { type Note, TITLE_CHARACTERS } from '../schemas.ts';
import { useActions } from '../use-actions.ts';
import { type ShownBoard, useBoard } from '../use-board.ts';
import { track } from '../writes.ts';
import { NotHere } from './not-here.tsx';

const InviteDialog = later(async () => (await import('../components/invite-dialog.tsx')).InviteDialog);
const NOBODY: readonly PeerSnapshot[] = [];

export function BoardView({ id }: { readonly id: string }): JSX.Element {
  const { boards } = useOpenSession();
  const shown = useBoard(id);
  const { board, opened, arranged, hand, status } = shown;
  const [inviting, setInviting] = useState(false);
  const [searching, setSearching] = useState(false);
  const title = arranged?.title ?? board?.title ?? '';
  useEffect(() => {
    document.title = `${title} · Boards`;
    // Its name on this device follows the board's, so that the list of boards shows it, too.
    if (board && arranged?.title !== undefined) boards.rename(id, cleanTitle(arranged.title)).catch(reportError);
  }, [title, board === undefined]);

  if (board === null) return <NotHere />;
  return (
    <div class="page">
      <header class="top">
        <a class="icon-button" href={HOME} aria-label="All boards" title="All boards">
          <Icon name="back" />
        </a>
        <h1 class="board-title">
          <span class="aloud">{title}</span>
          {hand !== undefined && (
            <GrowingField
              class="title"
              label="Name of the board"
              value={title}
              maxLength={TITLE_CHARACTERS}
              required
              onCommit={(text) => track(act.renameBoard(hand, cleanTitle(text))).catch(reportError)}
            />
          )}
        </h1>
        <button
          type="button"
          class="icon-button"
          aria-label="Search this board"
          aria-expanded={searching}
          title="Search"
          onClick={() => setSearching(!searching)}
        >
          <Icon name="search" />
        </button>
        <button type="button" class="invite" onClick={() => setInviting(true)}>
          <Icon name="invite" />
          Invite
        </button>
      </header>
      <PoolStatusCard id={id} opened={opened} status={status} href={devicesHash(id)}>
        <PeopleList peers={status?.peers ?? NOBODY} names={arranged?.replicas} />
      </PoolStatusCard>
      <main class="list">
        {arranged !== undefined && hand !== undefined && (
          <Notes
            {...shown}
            arranged={arranged}
            hand={hand}
            searching={searching}
            onSearched={() => setSearching(false)}
          />
        )}
      </main>
      {inviting && board !== undefined && (
        <InviteDialog board={{ ...board, title }} onClose={() => setInviting(false)} />
      )}
    </div>
  );
}

interface NotesProps extends ShownBoard {
  readonly arranged: Arranged;
  readonly hand: act.Hand;
  readonly searching: boolean;
  onSearched(): void;
}

function Notes({ arranged, hand, opened, contested, searching, onSearched }: NotesProps): JSX.Element {
  const { undo, problem, run, dismiss } = useActions();
  const [chosen, setChosen] = useState<string>();
  const [query, setQuery] = useState('');
  const section = useRef<HTMLElement>(null);
  const { lists } = arranged;
  const current = lists.find(({ list }) => list.id === chosen) ?? lists[0];
  const found = useMemo(
    () => (!searching || query.trim() === '' ? undefined : search(arranged, query)),
    [arranged, query, searching],
  );
  const contestedIds = useMemo(() => new Set(contested.map(({ id }) => id)), [contested]);
  const shown = useMemo(
    () => (found === undefined ? (current?.notes ?? []) : found.flatMap(({ notes }) => notes)),
    [found, current],
  );

  /** For an action whose button goes with what it acts on: the focus has to stay somewhere near. */
  const runAndLeave = (action: Promise<act.Undo | undefined>): void => {
    run(action);
    section.current?.focus({ preventScroll: true });
  };
  const change = async (note: Note, next: Partial<Note>): Promise<act.Undo | undefined> => {
    const back = await act.changeNote(hand, note, next);
    // A tick is its own way back.
    return next.done === undefined ? back : undefined;
  };
  const addList = async (name: string): Promise<undefined> => {
    const added = await act.addList(hand, name, lists.findLast(({ list }) => list.id !== 'lost')?.list);
    setChosen(added.id);
  };
  const move = (note: Note, place: number): void => {
    const others = (current?.notes ?? []).filter(({ id }) => id !== note.id);
    run(act.moveNote(hand, others, note, place));
  };
  return (
    <section ref={section} tabIndex={-1} aria-label="Notes" class="notes-section">
      {opened?.pool !== undefined && (
        <Conflicts
          pool={opened.pool}
          contested={contested}
          arranged={arranged}
          onSettle={(id, choice) => runAndLeave(settle(hand, id, choice))}
        />
      )}
      {searching && (
        <div class="search">
          <Icon name="search" />
          <input
            type="search"
            class="field"
            placeholder="Search all lists"
            aria-label="Search all lists"
            value={query}
            ref={focusAtOnce}
            onInput={(event) => setQuery(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Escape' && onSearched()}
          />
        </div>
      )}
      {found === undefined ? (
        <>
          <ListTabs
            lists={lists}
            current={current?.list.id}
            onChoose={setChosen}
            onAdd={(name) => run(addList(name))}
          />
          {current !== undefined && (
            <AddNote
              list={current.list.text}
              onAdd={(text) => run(act.addNote(hand, current.list, text, current.notes[0]))}
            />
          )}
        </>
      ) : (
        <p class="fine" role="status">
          {count(shown.length, 'note')} found
        </p>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {shown.length > 0 && (
        <NoteRows
          key={found === undefined ? current?.list.id : 'found'}
          notes={shown}
          contested={contestedIds}
          lists={lists.map(({ list }) => list).filter(({ id }) => id !== current?.list.id)}
          onMove={found === undefined ? move : undefined}
          onChange={(note, next) => run(change(note, next))}
          onRemove={(note) => runAndLeave(act.removeNotes(hand, [note]))}
          onMoveToList={(note, list) =>
            runAndLeave(act.moveToList(hand, note, list, lists.find((one) => one.list.id === list.id)?.notes[0]))
          }
        />
      )}
      {shown.length === 0 && found === undefined && (
        <p class="empty">{lists.length === 0 ? 'No list yet.' : 'Nothing here yet.'}</p>
      )}
      {current !== undefined && found === undefined && (
        <ListMenu
          hand={hand}
          lists={lists}
          current={current}
          onRun={run}
          onRunAndLeave={(action) => {
            setChosen(undefined);
            runAndLeave(action);
          }}
        />
      )}
      <UndoBar undo={undo} onUndo={(last) => run(last.revert().then(() => undefined))} onDismiss={dismiss} />
    </section>
  );
}
