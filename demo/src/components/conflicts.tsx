import type { JSX } from 'preact';
import type { ContestedDocument, P2PPool } from 'rxdb-p2p';
import type { Choice } from '../conflict-choices.ts';
import type { Item } from '../database.ts';
import { count } from '../phrases.ts';
import { ConflictCard } from './conflict-card.tsx';

/** Cards shown at a time: more would hide the list they belong to. */
const SHOWN_CONFLICTS = 5;

interface Props {
  readonly pool: P2PPool<Item>;
  readonly contested: readonly ContestedDocument[];
  readonly items: readonly Item[];
  onSettle(id: string, choice: Choice): void;
}

export function Conflicts({ pool, contested, items, onSettle }: Props): JSX.Element {
  const more = contested.length - SHOWN_CONFLICTS;
  return (
    <section class="conflicts" aria-label="Conflicts">
      <p class="aloud" role="status">
        {contested.length > 0 && `${count(contested.length, 'item')} changed in two places at once: please choose.`}
      </p>
      <ul>
        {contested.slice(0, SHOWN_CONFLICTS).map((document) => (
          <ConflictCard
            key={document.id}
            pool={pool}
            contested={document}
            item={items.find((item) => item.id === document.id)}
            onSettle={onSettle}
          />
        ))}
      </ul>
      {more > 0 && <p class="fine">And {more} more, after these.</p>}
    </section>
  );
}
