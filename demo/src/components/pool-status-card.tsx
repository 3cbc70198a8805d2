import type { ComponentChildren, JSX } from 'preact';
import type { PoolStatus } from 'rxdb-p2p';
import type { OpenBoard } from '../boards/open-boards.ts';
import { useOpenSession } from '../device/session-context.ts';
import { blockingProblem, canRetry, type Headline, headline, sideNote, waiting } from '../pool/phrases.ts';
import { useOnline } from '../use-online.ts';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  readonly id: string;
  readonly opened: OpenBoard | undefined;
  readonly status: PoolStatus | undefined;
  /** Makes a link of the first line. */
  readonly href?: string;
  readonly children?: ComponentChildren;
}

/** How things stand, what waits, and what is wrong. */
export function PoolStatusCard({ id, opened, status, href, children }: Props): JSX.Element {
  const { boards } = useOpenSession();
  const online = useOnline();
  const problem = opened?.problem ?? (status === undefined ? undefined : blockingProblem(status));
  const view = { status, online, failed: opened?.problem !== undefined };
  const note = status === undefined ? undefined : sideNote(status);
  return (
    <aside class="pool card" aria-label="Devices" data-phase={status?.phase ?? 'starting'}>
      {href === undefined ? (
        <div class="headline">
          <Line {...headline(view)} />
        </div>
      ) : (
        <a class="headline" href={href}>
          <Line {...headline(view)} />
        </a>
      )}
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
      {children}
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

function Line({ mood, title, detail }: Headline): JSX.Element {
  return (
    <>
      <span class={`dot ${mood}`} />
      <span class="headline-words" role="status">
        <b>{title}</b>
        <span class="fine">{detail}</span>
      </span>
    </>
  );
}
