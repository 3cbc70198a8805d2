/** What cannot be put into a frame: such documents stay at home, and everything else goes on. */
import { isWellFormedText, MAX_FIELD_CLOCKS, MAX_FIELD_NAME_BYTES, MAX_ID_BYTES, utf8Length } from '@rxdb-p2p/protocol';

export interface SyncableCheck {
  /** Says why a document cannot travel, or undefined. */
  problemOf(id: string, names: readonly string[]): string | undefined;
}

export function createSyncableCheck(): SyncableCheck {
  // Documents of one shape share one array of names.
  const checked = new WeakMap<readonly string[], string>();

  function namesProblem(names: readonly string[]): string {
    if (names.length > MAX_FIELD_CLOCKS) return `it has more than ${MAX_FIELD_CLOCKS} fields`;
    const bad = names.find((name) => !isWellFormedText(name) || utf8Length(name) > MAX_FIELD_NAME_BYTES);
    return bad === undefined
      ? ''
      : `the name of its field ${JSON.stringify(bad.slice(0, 40))} is too long, or no valid Unicode`;
  }

  return {
    problemOf(id, names) {
      if (!isWellFormedText(id) || utf8Length(id) > MAX_ID_BYTES)
        return `its id is longer than ${MAX_ID_BYTES} bytes, or no valid Unicode`;
      let problem = checked.get(names);
      if (problem === undefined) {
        problem = namesProblem(names);
        checked.set(names, problem);
      }
      return problem === '' ? undefined : problem;
    },
  };
}
