import type { JSX } from 'preact';
import type { ContestedDocument, P2PPool } from 'rxdb-p2p';
import type { Arranged } from '../notes/arrange.ts';
import { count } from '../pool/phrases.ts';
import type { Note } from '../schemas.ts';
import { ConflictCard, type Settlement } from './conflict-card.tsx';

/** Cards shown at a time: more would hide the list they belong to. */
const SHOWN_CONFLICTS = 5;

interface Props {
  readonly pool: P2PPool<Note>;
  readonly contested: readonly ContestedDocument[];
  readonly arranged: Arranged;
  onSettle(id: string, choice: Settlement): void;
}

export function Conflicts({ pool, contested, arranged, onSettle }: Props): JSX.Element {
  const more = contested.length - SHOWN_CONFLICTS;
  return (
    <section class="conflicts" aria-label="Changed in two places">
      <p class="aloud" role="status">
        {contested.length > 0 && `${count(contested.length, 'note')} changed in two places at once: please choose.`}
      </p>
      {contested.length > 0 && (
        <ul>
          {contested.slice(0, SHOWN_CONFLICTS).map((document) => (
            <ConflictCard key={document.id} pool={pool} contested={document} arranged={arranged} onSettle={onSettle} />
          ))}
        </ul>
      )}
      {more > 0 && <p class="fine">And {more} more, after these.</p>}
    </section>
  );
}
