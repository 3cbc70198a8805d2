/** Pulling: whom to ask for what is lacking, one neighbour at a time (ARCHITECTURE §5). */
import { countMissing, EMPTY_VECTOR, sameVector } from '../version/vector.ts';
import { versionsCost } from './cost.ts';
import type { EntriesFrame } from './frames.ts';
import { announced } from './have.ts';
import { withNeighbour } from './neighbours.ts';
import type { Neighbour, NeighbourId, SyncEffect, SyncState } from './sync-types.ts';
import {
  ASK_DELAY_MS,
  MAX_FRUITLESS,
  MAX_OVERDRAFT_BYTES,
  PACE_MS,
  PULL_CREDIT_BYTES,
  PULL_STALLED_MS,
} from './timing.ts';

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
  const vector = neighbour === undefined ? state.vector : announced(state, neighbour);
  return [
    {
      ...state,
      lastWant: want,
      pull: { neighbour: id, want, remote, credit: PULL_CREDIT_BYTES, unstored: 0, brought: 0 },
    },
    [
      {
        type: 'send',
        neighbour: id,
        frame: { type: 'want', want, vector, cursor, credit: PULL_CREDIT_BYTES },
      },
      { type: 'stop-timer', timer: 'ask' },
      ...restartStalledTimer(),
      ...restartPaceTimer(),
    ],
  ];
}

/** The neighbour that has most of what we lack, among those that have kept their word best. */
export function bestSource(state: SyncState, except?: NeighbourId): NeighbourId | undefined {
  let best: NeighbourId | undefined;
  let most = 0;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [id, neighbour] of state.neighbours) {
    if (id === except || neighbour.remote === null || !canServe(neighbour)) continue;
    const missing = countMissing(neighbour.remote, state.vector);
    const { fruitless } = neighbour;
    if (missing > 0 && (fruitless < fewest || (fruitless === fewest && missing > most))) {
      [best, most, fewest] = [id, missing, fruitless];
    }
  }
  return best;
}

function canServe({ directions, remote, exhausted, fruitless, rest }: Neighbour): boolean {
  if (!directions.incoming || remote === null || rest > 0 || fruitless >= MAX_FRUITLESS) return false;
  return !(exhausted !== null && sameVector(exhausted, remote));
}

/** [SYNC-5] What the neighbour of the pull under way may still send for it, though its end will not count. */
export function givenUp(state: SyncState): SyncState {
  const { pull } = state;
  const neighbour = pull === null ? undefined : state.neighbours.get(pull.neighbour);
  if (pull === null || neighbour === undefined) return state;
  const stray = Math.max(0, pull.credit) + MAX_OVERDRAFT_BYTES;
  return withNeighbour(state, pull.neighbour, { ...neighbour, stray });
}

const ENDED: readonly SyncEffect[] = [
  { type: 'stop-timer', timer: 'stalled' },
  { type: 'stop-timer', timer: 'pace' },
];

/** Ends the pull under way, and starts another where something is lacking. */
export function endPull(state: SyncState): Step {
  const [asked, effects] = askOrWait({ ...state, pull: null }, undefined);
  return [asked, [...ENDED, ...effects]];
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
  if (!current) {
    const neighbour = state.neighbours.get(id);
    if (versions.length === 0 || neighbour === undefined) return [state, []];
    if (bytes > neighbour.stray) {
      return [state, [{ type: 'violation', neighbour: id, text: 'ENTRIES that nobody waits for' }]];
    }
    return [withNeighbour(state, id, { ...neighbour, stray: neighbour.stray - bytes }), [apply]];
  }
  if (pull.credit - bytes < -MAX_OVERDRAFT_BYTES) {
    return [state, [{ type: 'violation', neighbour: id, text: 'ENTRIES beyond their credit' }]];
  }
  const brought = pull.brought + bytes;
  const taken = { ...pull, credit: pull.credit - bytes, unstored: pull.unstored + 1, brought };
  // Frames without versions are no progress, unless they end the scan.
  const progress = versions.length > 0 || frame.claim !== null;
  return [{ ...state, pull: taken }, progress ? [apply, ...restartStalledTimer()] : [apply]];
}

export function restartStalledTimer(): SyncEffect[] {
  return [
    { type: 'stop-timer', timer: 'stalled' },
    { type: 'start-timer', timer: 'stalled', minMs: PULL_STALLED_MS, maxMs: PULL_STALLED_MS },
  ];
}

export function restartPaceTimer(): SyncEffect[] {
  return [
    { type: 'stop-timer', timer: 'pace' },
    { type: 'start-timer', timer: 'pace', minMs: PACE_MS, maxMs: PACE_MS },
  ];
}
