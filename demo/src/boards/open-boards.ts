/** Which of this device's boards are open, and what opens and closes them. */
import type { RxCollection } from 'rxdb';
import type { P2PPool } from 'rxdb-p2p';
import { BehaviorSubject, map, type Observable } from 'rxjs';
import { type DeviceDatabase, openNotes, syncNotes } from '../database.ts';
import type { Deployment } from '../deployment.ts';
import { keepStorage } from '../device/keep-storage.ts';
import { type Problem, problemOf } from '../pool/advice.ts';
import { recentCodes } from '../pool/recent-codes.ts';
import type { Board, DeviceSettings, Note } from '../schemas.ts';
import { boardId } from './board-id.ts';
import { introduceDevice } from './introduce.ts';
import type { Invitation } from './invitation.ts';
import { rememberSeen } from './remember-seen.ts';

/** RxDB's open-source limit is 13 collections; this application has two more, and room for one that is being removed. */
export const MAX_OPEN_BOARDS = 8;

export interface OpenBoard {
  readonly notes: RxCollection<Note>;
  /** undefined: sync could not be started, see `problem` */
  readonly pool: P2PPool<Note> | undefined;
  readonly problem: Problem | undefined;
  /** Codes of what went wrong since it was opened, the latest first. */
  readonly codes$: Observable<readonly string[]> | undefined;
}

export interface OpenBoards {
  /** All boards of this device, oldest first. */
  readonly boards$: Observable<readonly Board[]>;
  /** Those that are open, by id. */
  readonly opened$: Observable<ReadonlyMap<string, OpenBoard>>;
  /** Takes a board onto this device and opens it. @returns its id. @throws TooManyBoards */
  add(invitation: Invitation): Promise<string>;
  /** @throws TooManyBoards */
  open(id: string): Promise<void>;
  putAway(id: string): Promise<void>;
  /** Removes this device's copy; others keep theirs. */
  remove(id: string): Promise<void>;
  rename(id: string, title: string): Promise<void>;
  /** Starts sync again after it has failed. */
  retry(id: string): Promise<void>;
  /** Tells the other devices of all open boards what this one is called. */
  introduce(): Promise<void>;
}

export class TooManyBoards extends Error {
  override readonly name = 'TooManyBoards';
  readonly code = 'TOO_MANY_BOARDS';
  constructor() {
    super(
      `${MAX_OPEN_BOARDS} boards are open, which is as many as there can be. Put one away first; it keeps its notes.`,
    );
  }
}

interface Running extends OpenBoard {
  stop(): void;
}

export function watchBoards(db: DeviceDatabase, deployment: Deployment, device: () => DeviceSettings): OpenBoards {
  const running = new Map<string, Running>();
  const opened$ = new BehaviorSubject<ReadonlyMap<string, OpenBoard>>(running);
  const boards$ = db.boards
    .find({ sort: [{ id: 'asc' }] })
    .$.pipe(
      map((docs): readonly Board[] => docs.map((doc) => doc.toJSON() as Board).sort((a, b) => a.addedAt - b.addedAt)),
    );
  /** One after the other: a board that is put away and taken out again at once has to be closed first. */
  let queue: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };

  const start = async (board: Board, notes: RxCollection<Note>): Promise<Running> => {
    try {
      const pool = await syncNotes(notes, board, deployment.iceServers);
      const stops = [rememberSeen(db, board, pool), introduceDevice(notes, pool, device)];
      const codes$ = recentCodes(pool);
      stops.push(subscribed(codes$));
      return { notes, pool, problem: undefined, codes$, stop: () => void stops.map((stop) => stop()) };
    } catch (error) {
      return { notes, pool: undefined, problem: problemOf(error), codes$: undefined, stop: () => undefined };
    }
  };
  const follow = async (boards: readonly Board[]): Promise<void> => {
    for (const [id, { notes, stop }] of running) {
      if (boards.some((board) => board.id === id && board.open)) continue;
      stop();
      running.delete(id);
      await notes.close();
    }
    for (const board of boards) {
      if (board.open && !running.has(board.id)) {
        const notes = await openNotes(db, board);
        running.set(board.id, await start(board, notes));
        opened$.next(new Map(running));
      }
    }
    opened$.next(new Map(running));
  };
  boards$.subscribe((boards) => void inOrder(() => follow(boards)).catch(reportError));

  const find = async (id: string) => {
    const doc = await db.boards.findOne(id).exec();
    if (doc === null) throw new Error('This board is not on this device any more.');
    return doc;
  };
  const makeRoom = async (): Promise<void> => {
    const all = await db.boards.find().exec();
    if (all.filter((board) => board.open).length >= MAX_OPEN_BOARDS) throw new TooManyBoards();
  };
  return {
    boards$,
    opened$,
    async add({ topic, secret, signaling, title }) {
      keepStorage().catch(reportError);
      const id = await boardId(topic);
      const known = await db.boards.findOne(id).exec();
      if (known?.open !== true) await makeRoom();
      const board: Board = { id, topic, secret, signaling, title, open: true, addedAt: Date.now(), seen: {} };
      if (known === null) await db.boards.insert(board);
      else await known.incrementalPatch({ open: true, secret, signaling });
      return id;
    },
    async open(id) {
      const doc = await find(id);
      if (!doc.open) await makeRoom();
      await doc.incrementalPatch({ open: true });
    },
    async putAway(id) {
      await (await find(id)).incrementalPatch({ open: false });
    },
    async remove(id) {
      const board = await find(id);
      await board.incrementalRemove();
      await inOrder(async () => {
        await follow((await db.boards.find().exec()).map((doc) => doc.toJSON() as Board));
        const notes = await openNotes(db, board.toJSON() as Board);
        await notes.remove();
      });
    },
    async rename(id, title) {
      const board = await find(id);
      if (board.title !== title) await board.incrementalPatch({ title });
    },
    retry: (id) =>
      inOrder(async () => {
        const old = running.get(id);
        if (old === undefined) return;
        old.stop();
        await old.pool?.cancel();
        running.set(id, await start((await find(id)).toJSON() as Board, old.notes));
        opened$.next(new Map(running));
      }),
    async introduce() {
      for (const { notes, pool } of running.values()) {
        if (pool !== undefined) introduceDevice(notes, pool, device);
      }
    },
  };
}

/** Listens from now on, so that nothing is missed until somebody looks. @returns stops it */
function subscribed(source: Observable<unknown>): () => void {
  const subscription = source.subscribe();
  return () => subscription.unsubscribe();
}
