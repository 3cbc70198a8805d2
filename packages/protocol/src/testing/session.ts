/** Drives the pure steps of one session, and makes the frames of its neighbours. */
import type { Cursor } from '../session/frames.ts';
import { initialSyncState, syncStep } from '../session/sync.ts';
import type {
  Directions,
  NeighbourId,
  ScanBatch,
  SyncEffect,
  SyncFrame,
  SyncInput,
  SyncState,
  TimerKind,
} from '../session/sync-types.ts';
import { EMPTY_PRINT } from '../version/fingerprint.ts';
import { NO_FIELD_CLOCKS, NO_PAST, type Version } from '../version/head.ts';
import { hashVector, type Vector } from '../version/vector.ts';

export const ME = 'meAAAAAAAAAAAAAA';

export type FrameOf<T extends SyncFrame['type']> = SyncFrame & { readonly type: T };
export type EffectOf<T extends SyncEffect['type']> = SyncEffect & { readonly type: T };

/** `vector({ me: 3, b: 1 })`: short names for actors. */
export function vector(entries: Readonly<Record<string, number>>): Vector {
  return new Map(Object.entries(entries).map(([name, seq]) => [name.padEnd(16, 'A'), seq]));
}

export function versions(actor: string, ...seqs: number[]): Version[] {
  return seqs.map((seq) => {
    const dot = { actor: actor.padEnd(16, 'A'), seq };
    const head = { ...dot, time: seq, past: NO_PAST, deleted: false, clocks: NO_FIELD_CLOCKS };
    return { id: `document ${seq}`, head, body: '{}' };
  });
}

/** A version that counts for so many bytes. */
export function heavy(actor: string, seq: number, bytes: number): Version {
  const [version] = versions(actor, seq);
  if (version === undefined) throw new RangeError('no version');
  return { ...version, id: 'd', body: 'x'.repeat(bytes - 65) };
}

export function cursor(lsn: number): Cursor {
  return { journal: 'j'.repeat(22), epoch: 'e'.repeat(11), lsn };
}

export function hashOf(known: Vector, pushedBytes = 0): FrameOf<'have'> {
  return {
    type: 'have',
    hash: hashVector(known),
    form: 'hash',
    entries: new Map(),
    pushedBytes,
    fingerprint: EMPTY_PRINT,
  };
}

export function whole(known: Vector, pushedBytes = 0): FrameOf<'have'> {
  return { ...hashOf(known, pushedBytes), form: 'whole', entries: known };
}

export function changes(known: Vector, changed: Vector, pushedBytes = 0): FrameOf<'have'> {
  return { ...hashOf(known, pushedBytes), form: 'changes', entries: changed };
}

export function entries(want: number, more: Partial<FrameOf<'entries'>> = {}): FrameOf<'entries'> {
  return { type: 'entries', want, versions: [], cursor: null, claim: null, remaining: 0, ...more };
}

export function batch(more: Partial<ScanBatch> = {}): ScanBatch {
  return { versions: [], cursor: cursor(1), claim: null, remaining: 0, ...more };
}

const BOTH: Directions = { outgoing: true, incoming: true };

export interface Session {
  readonly state: SyncState;
  give(input: SyncInput): readonly SyncEffect[];
  join(id: NeighbourId, directions?: Directions, from?: Cursor | null): readonly SyncEffect[];
  hear(id: NeighbourId, frame: SyncFrame): readonly SyncEffect[];
  commit(known: Vector, more?: Partial<SyncInput & { type: 'committed' }>): readonly SyncEffect[];
  /** A local write of so many bytes. */
  write(seq: number, bytes?: number): readonly SyncEffect[];
  timer(timer: TimerKind): readonly SyncEffect[];
  /** Storage has done what an `apply` asked for. */
  applied(effect: SyncEffect | undefined): readonly SyncEffect[];
}

/** A session whose WANTs are numbered from 1. */
export function createSession(known: Vector = new Map()): Session {
  let state = initialSyncState(ME, known, EMPTY_PRINT);
  const give = (input: SyncInput): readonly SyncEffect[] => {
    const [next, effects] = syncStep(state, input);
    state = next;
    return effects;
  };
  const commit: Session['commit'] = (next, more = {}) =>
    give({
      ...{ type: 'committed', vector: next, fingerprint: state.fingerprint, actor: state.actor },
      ...{ authored: null, lost: false, ...more },
    });
  return {
    get state() {
      return state;
    },
    give,
    commit,
    join: (neighbour, directions = BOTH, from = null) => give({ type: 'joined', neighbour, directions, cursor: from }),
    hear: (neighbour, frame) => give({ type: 'frame', neighbour, frame }),
    timer: (timer) => give({ type: 'timer', timer }),
    write(seq, bytes = 100) {
      const { actor } = state;
      const authored = { actor, previous: seq - 1, seq, versions: [heavy(actor, seq, bytes)] };
      return commit(new Map(state.vector).set(actor, seq), { authored });
    },
    applied(effect) {
      if (effect?.type !== 'apply') throw new TypeError('expected an effect apply');
      const { neighbour, want, bytes, cursor: at, claim } = effect;
      return give({ type: 'applied', neighbour, want, bytes, cursor: at, claimed: claim !== null });
    },
  };
}

/** The frames that effects send, of one type, or to one neighbour. */
export function sent<T extends SyncFrame['type']>(
  effects: readonly SyncEffect[],
  type: T,
  to?: NeighbourId,
): FrameOf<T>[] {
  return effects.flatMap((effect) => {
    if (effect.type !== 'send' || effect.frame.type !== type || (to !== undefined && effect.neighbour !== to))
      return [];
    return [effect.frame as FrameOf<T>];
  });
}

export function effectsOf<T extends SyncEffect['type']>(effects: readonly SyncEffect[], type: T): EffectOf<T>[] {
  return effects.filter((effect): effect is EffectOf<T> => effect.type === type);
}

/** Whom the effects send frames of a type to. */
export function receivers(effects: readonly SyncEffect[], type: SyncFrame['type']): NeighbourId[] {
  return effects.flatMap((effect) => (effect.type === 'send' && effect.frame.type === type ? [effect.neighbour] : []));
}
