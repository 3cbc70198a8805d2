/** What cannot be put into a frame: such documents stay at home, and everything else goes on. */
import { isWellFormedText, MAX_FIELD_CLOCKS, MAX_FIELD_NAME_BYTES, MAX_ID_BYTES, utf8Length } from '@rxdb-p2p/protocol';

export interface SyncableCheck {
  /** Says why a document cannot travel, or undefined. */
  problemOf(id: string, names: readonly string[]): string | undefined;
}

/** What keeps these names from travelling as those of fields with clocks of their own. */
export function fieldNamesProblem(names: readonly string[]): string | undefined {
  if (names.length > MAX_FIELD_CLOCKS) return `it has more than ${MAX_FIELD_CLOCKS} fields`;
  // A UTF-16 unit takes three bytes at most: names of ordinary length need no counting.
  const bad = names.find(
    (name) => !isWellFormedText(name) || (name.length * 3 > MAX_FIELD_NAME_BYTES && tooLong(name)),
  );
  if (bad === undefined) return undefined;
  return `the name of its field ${JSON.stringify(bad.slice(0, 40))} is too long, or no valid Unicode`;
}

function tooLong(name: string): boolean {
  return utf8Length(name) > MAX_FIELD_NAME_BYTES;
}

export function createSyncableCheck(): SyncableCheck {
  // Documents of one shape share one array of names.
  const checked = new WeakMap<readonly string[], string>();
  return {
    problemOf(id, names) {
      if (!isWellFormedText(id) || utf8Length(id) > MAX_ID_BYTES)
        return `its id is longer than ${MAX_ID_BYTES} bytes, or no valid Unicode`;
      let problem = checked.get(names);
      if (problem === undefined) {
        problem = fieldNamesProblem(names) ?? '';
        checked.set(names, problem);
      }
      return problem === '' ? undefined : problem;
    },
  };
}
