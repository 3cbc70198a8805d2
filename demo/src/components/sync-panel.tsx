import type { JSX } from 'preact';
import type { P2PPool } from 'rxdb-p2p';
import type { Problem } from '../advice.ts';
import type { Item } from '../database.ts';
import {
  blockingProblem,
  headline,
  nextAction,
  peerMood,
  peerPhrase,
  routePhrase,
  type SyncAction,
  shortName,
  sideNote,
  waiting,
  when,
} from '../phrases.ts';
import { useObservable } from '../use-observable.ts';
import { useOnline } from '../use-online.ts';
import { PastProblems } from './past-problems.tsx';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  readonly pool: P2PPool<Item> | undefined;
  /** Why there is no pool, where there should be one. */
  readonly problem: Problem | undefined;
  readonly paused: boolean;
  onAction(action: SyncAction): void;
}

const BUTTONS: Readonly<Record<SyncAction, string>> = { pause: 'Pause', resume: 'Resume', retry: 'Try again' };
const BUTTON_LABELS: Readonly<Record<SyncAction, string>> = {
  ...{ pause: 'Pause sync', resume: 'Resume sync', retry: 'Try to sync again' },
};

/** Who is connected, what is waiting, and what is wrong. */
export function SyncPanel({ pool, problem, paused, onAction }: Props): JSX.Element {
  const status = useObservable(pool?.status$, undefined);
  const online = useOnline();
  const shownProblem = problem ?? (status === undefined ? undefined : blockingProblem(status));
  const note = status === undefined ? undefined : sideNote(status);
  const view = { status, paused, online, failed: problem !== undefined };
  const line = headline(view);
  const action = nextAction(view);
  const peers = status?.peers ?? [];
  return (
    <aside class="sync card" aria-label="Sync" data-phase={paused ? 'paused' : (status?.phase ?? 'starting')}>
      <div class="headline">
        <span class={`dot ${line.mood}`} />
        <div class="headline-words" role="status">
          <p class="headline-title">{line.title}</p>
          <p class="fine">{line.detail}</p>
        </div>
        <button type="button" class="quiet" aria-label={BUTTON_LABELS[action]} onClick={() => onAction(action)}>
          {BUTTONS[action]}
        </button>
      </div>

      {status?.progress !== undefined && status.phase === 'syncing' && (
        <progress
          aria-label="Items received"
          value={status.progress.documentsDone}
          max={status.progress.documentsTotal}
        />
      )}

      {shownProblem !== undefined && <ProblemNote problem={shownProblem} />}

      {peers.length > 0 && (
        <ul class="peers" aria-label="Other devices">
          {peers.map((peer) => (
            <li key={peer.replica} data-phase={peer.phase}>
              <span class={`dot ${peerMood(peer)}`} />
              <b class="id" title={peer.replica}>
                {shortName(peer.replica)}
              </b>
              <span>
                {peerPhrase(peer)}
                {routePhrase(peer) !== '' && <span class="fine route"> {routePhrase(peer)}</span>}
                {peer.phase !== 'in-sync' && peer.lastCompleteAt !== undefined && (
                  <span class="fine then">held the same at {when(peer.lastCompleteAt)}</span>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}

      {status !== undefined && (
        <p class={`waiting ${status.writesWaiting > 0 ? 'some' : ''}`} data-writes-waiting={status.writesWaiting}>
          {waiting(status.writesWaiting)}
        </p>
      )}
      {note !== undefined && (
        <p class="fine" data-note={status?.problem?.code}>
          {note}
        </p>
      )}
      <PastProblems pool={pool} current={problem ?? status?.problem} />
    </aside>
  );
}
