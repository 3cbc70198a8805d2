import type { JSX } from 'preact';
import type { PoolStatus } from 'rxdb-p2p';
import type { OpenBoard } from '../boards/open-boards.ts';
import { useOpenSession } from '../device/session-context.ts';
import type { Arranged } from '../notes/arrange.ts';
import { blockingProblem, canRetry, headline, sideNote, waiting } from '../pool/phrases.ts';
import { devicesHash } from '../route.ts';
import { useOnline } from '../use-online.ts';
import { Icon } from './icon.tsx';
import { PeopleList } from './people-list.tsx';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  readonly id: string;
  readonly opened: OpenBoard | undefined;
  readonly status: PoolStatus | undefined;
  readonly arranged: Arranged | undefined;
}

/** Who is here, what waits, and what is wrong: beside the board, or in one line above it on a phone. */
export function PoolCard({ id, opened, status, arranged }: Props): JSX.Element {
  const { boards } = useOpenSession();
  const online = useOnline();
  const problem = opened?.problem ?? (status === undefined ? undefined : blockingProblem(status));
  const view = { status, online, failed: opened?.problem !== undefined };
  const line = headline(view);
  const note = status === undefined ? undefined : sideNote(status);
  const peers = status?.peers ?? [];
  return (
    <aside class="pool card" aria-label="Devices" data-phase={status?.phase ?? 'starting'}>
      <a class="headline" href={devicesHash(id)}>
        <span class={`dot ${line.mood}`} />
        <span class="headline-words" role="status">
          <b>{line.title}</b>
          <span class="fine">{line.detail}</span>
        </span>
        <Icon name="next" />
      </a>
      {status?.progress !== undefined && status.phase === 'syncing' && (
        <progress
          aria-label="Notes received"
          value={status.progress.documentsDone}
          max={status.progress.documentsTotal}
        />
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {canRetry(view) && (
        <button type="button" onClick={() => boards.retry(id).catch(reportError)}>
          Try again
        </button>
      )}
      <PeopleList peers={peers} names={arranged?.replicas} />
      {status !== undefined && status.writesWaiting > 0 && (
        <p class="waiting" data-writes-waiting={status.writesWaiting}>
          {waiting(status.writesWaiting)}
        </p>
      )}
      {note !== undefined && (
        <p class="fine" data-note={status?.problem?.code}>
          {note}
        </p>
      )}
    </aside>
  );
}
