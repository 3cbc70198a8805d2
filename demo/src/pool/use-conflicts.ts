import { useEffect, useState } from 'preact/hooks';
import type { ContestedDocument, P2PPool } from 'rxdb-p2p';
import type { Note } from '../schemas.ts';
import { type Choice, choicesOf } from './conflict-choices.ts';

/** The choices of one contested item; none until they are read, and none when nothing is contested any more. */
export function useChoices(pool: P2PPool<Note>, contested: ContestedDocument): readonly Choice[] {
  const [choices, setChoices] = useState<readonly Choice[]>([]);
  useEffect(() => {
    let current = true;
    pool.conflicts(contested.id).then(
      (versions) => {
        if (current) setChoices(choicesOf(contested, versions));
      },
      (error: unknown) => {
        setChoices(() => {
          throw error;
        });
      },
    );
    return () => {
      current = false;
    };
  }, [pool, contested]);
  return choices;
}
