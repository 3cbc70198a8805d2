import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PoolStatus } from 'rxdb-p2p';
import { filter, firstValueFrom, timeout } from 'rxjs';
import type { OpenBoard } from '../boards/open-boards.ts';
import { addList, addNotes, type Hand } from '../notes/actions.ts';
import type { Arranged } from '../notes/arrange.ts';
import { makeManyEdits } from '../notes/many-edits.ts';

/** Enough to see whether anything waits. */
const MANY_EDITS = 1_000;

/** A device that has not taken the edits by then is not looked at any more, milliseconds. */
const WATCHED_MS = 60_000;

interface Props {
  readonly hand: Hand;
  readonly arranged: Arranged;
  readonly pool: OpenBoard['pool'];
}

/** To feel how fast it is: a list of a real data set, and many edits at once. */
export function DeveloperCard({ hand, arranged, pool }: Props): JSX.Element {
  const [said, setSaid] = useState('');
  const [busy, setBusy] = useState(false);
  const notes = arranged.lists.flatMap((list) => list.notes);
  const lists = arranged.lists.map(({ list }) => list).filter(({ id }) => id !== 'lost');

  const time = async (what: string, work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setSaid('');
    const begun = performance.now();
    const seconds = (): string => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
    await work();
    const written = `${what} written in ${seconds()}.`;
    setSaid(written);
    setBusy(false);
    if (pool === undefined) return;
    try {
      const isDone = ({ phase, writesWaiting }: PoolStatus): boolean => phase === 'in-sync' && writesWaiting === 0;
      const { peers } = await firstValueFrom(pool.status$.pipe(filter(isDone), timeout(WATCHED_MS)));
      setSaid(
        `${written} ${peers.length === 1 ? 'The other device' : `All ${peers.length} other devices`} had them after ${seconds()}.`,
      );
    } catch {
      setSaid(`${written} No other device has them yet.`);
    }
  };
  const addCountries = async (): Promise<void> => {
    const { countries } = await import('virtual:countries');
    const list = await addList(hand, 'Countries', lists.at(-1));
    await addNotes(hand, list, countries, undefined);
  };
  return (
    <details class="card form developer">
      <summary>For developers</summary>
      <div class="buttons">
        <button type="button" disabled={busy} onClick={() => time('250 notes', addCountries).catch(reportError)}>
          Add 250 countries
        </button>
        <button
          type="button"
          disabled={busy || notes.length === 0}
          onClick={() =>
            time(`${MANY_EDITS.toLocaleString()} edits`, () => makeManyEdits(hand, notes, MANY_EDITS)).catch(
              reportError,
            )
          }
        >
          Make {MANY_EDITS.toLocaleString()} edits
        </button>
      </div>
      <p class="fine" role="status">
        {said}
      </p>
      <p class="fine">Countries: mledoze/countries, Open Database License.</p>
    </details>
  );
}
