/** Pulling: whom to ask for what is lacking, one neighbour at a time (ARCHITECTURE §5). */
import { countMissing, EMPTY_VECTOR, sameVector } from '../version/vector.ts';
import { versionsCost } from './cost.ts';
import type { EntriesFrame } from './frames.ts';
import type { Neighbour, NeighbourId, SyncEffect, SyncState } from './sync-types.ts';
import { ASK_DELAY_MS, MAX_OVERDRAFT_BYTES, PULL_CREDIT_BYTES, PULL_STALLED_MS } from './timing.ts';

type Step = readonly [SyncState, readonly SyncEffect[]];

/**
 * [SYNC-4] Who lacks something asks one neighbour that has it: a neighbour just met at once, others after a random
 * delay in which the author's push may still arrive.
 */
export function askOrWait(state: SyncState, justMet: NeighbourId | undefined, delayOver = false): Step {
  if (state.pull !== null) return [state, []];
  const best = bestSource(state);
  if (best === undefined) return [state, []];
  if (!delayOver && justMet !== best) {
    return [state, [{ type: 'start-timer', timer: 'ask', minMs: ASK_DELAY_MS[0], maxMs: ASK_DELAY_MS[1] }]];
  }
  return ask(state, best);
}

function ask(state: SyncState, id: NeighbourId): Step {
  const want = state.lastWant + 1;
  const neighbour = state.neighbours.get(id);
  const cursor = neighbour?.cursor ?? null;
  const remote = neighbour?.remote ?? EMPTY_VECTOR;
  return [
    { ...state, lastWant: want, pull: { neighbour: id, want, remote, credit: PULL_CREDIT_BYTES, unstored: 0 } },
    [
      {
        type: 'send',
        neighbour: id,
        frame: { type: 'want', want, vector: state.vector, cursor, credit: PULL_CREDIT_BYTES },
      },
      { type: 'stop-timer', timer: 'ask' },
      ...restartStalledTimer(),
    ],
  ];
}

/** The neighbour that has most of what we lack. */
function bestSource(state: SyncState): NeighbourId | undefined {
  let best: NeighbourId | undefined;
  let most = 0;
  for (const [id, neighbour] of state.neighbours) {
    const missing = canServe(neighbour) && neighbour.remote !== null ? countMissing(neighbour.remote, state.vector) : 0;
    if (missing > most) [best, most] = [id, missing];
  }
  return best;
}

function canServe({ directions, remote, exhausted }: Neighbour): boolean {
  return directions.incoming && remote !== null && !(exhausted !== null && sameVector(exhausted, remote));
}

/** Ends the pull under way, and starts another where something is lacking. */
export function endPull(state: SyncState): Step {
  const [asked, effects] = askOrWait({ ...state, pull: null }, undefined);
  return [asked, [{ type: 'stop-timer', timer: 'stalled' }, ...effects]];
}

/** [SYNC-5] Only the current WANT's entries move a cursor or the vector; versions are welcome at any time. */
export function takeEntries(state: SyncState, id: NeighbourId, frame: Omit<EntriesFrame, 'channel'>): Step {
  const { pull } = state;
  const { want, versions } = frame;
  if (want > state.lastWant)
    return [state, [{ type: 'violation', neighbour: id, text: 'ENTRIES that nobody asked for' }]];
  const current = pull !== null && pull.neighbour === id && pull.want === want;
  const bytes = versionsCost(versions);
  const apply: SyncEffect = {
    type: 'apply',
    neighbour: id,
    want,
    versions,
    cursor: current ? frame.cursor : null,
    claim: current ? frame.claim : null,
    range: null,
    bytes,
  };
  if (!current) return [state, [apply]];
  if (pull.credit - bytes < -MAX_OVERDRAFT_BYTES) {
    return [state, [{ type: 'violation', neighbour: id, text: 'ENTRIES beyond their credit' }]];
  }
  const taken = { ...pull, credit: pull.credit - bytes, unstored: pull.unstored + 1 };
  return [{ ...state, pull: taken }, [apply, ...restartStalledTimer()]];
}

export function restartStalledTimer(): SyncEffect[] {
  return [
    { type: 'stop-timer', timer: 'stalled' },
    { type: 'start-timer', timer: 'stalled', minMs: PULL_STALLED_MS, maxMs: PULL_STALLED_MS },
  ];
}
