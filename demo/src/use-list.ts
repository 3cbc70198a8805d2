/** The life of one open list: its database as long as the page shows it, its pool as long as sync is on. */
import { useEffect, useState } from 'preact/hooks';
import type { P2PPool } from 'rxdb-p2p';
import { INSECURE_PAGE, type Problem, problemOf } from './advice.ts';
import { type Item, type ListDatabase, openList, syncList } from './database.ts';

export interface OpenedList {
  readonly db: ListDatabase | undefined;
  readonly pool: P2PPool<Item> | undefined;
  /** Why the list could not be opened. */
  readonly closedBy: Problem | undefined;
  /** Why sync could not start. */
  readonly problem: Problem | undefined;
}

/** @param attempt another number starts sync again */
export function useList(name: string, paused: boolean, attempt: number): OpenedList {
  const [db, setDb] = useState<ListDatabase>();
  const [pool, setPool] = useState<P2PPool<Item>>();
  const [closedBy, setClosedBy] = useState<Problem>();
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    if (!isSecureContext) {
      setClosedBy(INSECURE_PAGE);
      return;
    }
    const fail = (error: unknown): void => setClosedBy(problemOf(error));
    const opening = openList(name);
    opening.then(setDb, fail);
    return () => {
      setDb(undefined);
      opening.then((opened) => opened.close()).catch(fail);
    };
  }, [name]);

  useEffect(() => {
    if (db === undefined || paused) return;
    let current = true;
    const starting = syncList(db, name);
    starting.then(
      (started) => {
        if (current) setPool(started);
      },
      (error: unknown) => {
        // Once the page has moved on there is no place left to show this, and still it must not vanish.
        if (current) setProblem(problemOf(error));
        else reportError(error);
      },
    );
    return () => {
      current = false;
      setPool(undefined);
      setProblem(undefined);
      starting.then((started) => started.cancel().catch(reportError), ignoreReported);
    };
  }, [db, name, paused, attempt]);

  return { db, pool, closedBy, problem };
}

/** The start's own handler has shown it. */
function ignoreReported(): void {
  return;
}
