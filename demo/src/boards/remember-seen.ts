import type { P2PPool } from 'rxdb-p2p';
import { filter, map, throttleTime } from 'rxjs';
import type { DeviceDatabase } from '../database.ts';
import type { Board, Note } from '../schemas.ts';

/** People ask for minutes; a write for every edit would double the work. Milliseconds. */
const REMEMBER_MS = 20_000;

/** Devices of a board that are remembered: more than a household has. */
const REMEMBERED_DEVICES = 50;

/** Keeps when each other device last held the same, for when it is not there. @returns stops it */
export function rememberSeen(db: DeviceDatabase, { id }: Board, pool: P2PPool<Note>): () => void {
  const subscription = pool.peers$
    .pipe(
      map((peers) =>
        peers.flatMap(({ replica, lastCompleteAt: at }) => (at === undefined ? [] : [[replica, at] as const])),
      ),
      filter((complete) => complete.length > 0),
      throttleTime(REMEMBER_MS, undefined, { leading: true, trailing: true }),
    )
    .subscribe((complete) => remember(db, id, complete).catch(reportError));
  return () => subscription.unsubscribe();
}

async function remember(
  db: DeviceDatabase,
  id: string,
  complete: readonly (readonly [string, number])[],
): Promise<void> {
  const board = await db.boards.findOne(id).exec();
  await board?.incrementalModify((data) => {
    const newest = Object.entries({ ...data.seen, ...Object.fromEntries(complete) }).sort(([, a], [, b]) => b - a);
    return { ...data, seen: Object.fromEntries(newest.slice(0, REMEMBERED_DEVICES)) };
  });
}
