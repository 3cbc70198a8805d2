import type { JSX } from 'preact';
import type { P2PPool } from 'rxdb-p2p';
import type { Problem } from '../advice.ts';
import type { Item } from '../database.ts';
import { headline, peerMood, peerPhrase, shortName, waiting, when } from '../phrases.ts';
import { useObservable } from '../use-observable.ts';
import { useOnline } from '../use-online.ts';
import { PastProblems } from './past-problems.tsx';
import { ProblemNote } from './problem-note.tsx';

interface Props {
  readonly pool: P2PPool<Item> | undefined;
  /** Why there is no pool, where there should be one. */
  readonly problem: Problem | undefined;
  readonly paused: boolean;
  onPause(paused: boolean): void;
}

/** Who is connected, what is waiting, and what is wrong. */
export function SyncPanel({ pool, problem, paused, onPause }: Props): JSX.Element {
  const status = useObservable(pool?.status$, undefined);
  const online = useOnline();
  const shownProblem = problem ?? status?.problem;
  const line = headline({ status, paused, online, failed: problem !== undefined });
  const peers = status?.peers ?? [];
  return (
    <aside class="sync card" aria-label="Sync" data-phase={paused ? 'paused' : (status?.phase ?? 'starting')}>
      <div class="headline">
        <span class={`dot ${line.mood}`} />
        <div class="headline-words" role="status">
          <p class="headline-title">{line.title}</p>
          <p class="fine">{line.detail}</p>
        </div>
        <button
          type="button"
          class="quiet"
          aria-label={paused ? 'Resume sync' : 'Pause sync'}
          onClick={() => onPause(!paused)}
        >
          {paused ? 'Resume' : 'Pause'}
        </button>
      </div>

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
      <PastProblems pool={pool} current={shownProblem} />
    </aside>
  );
}
