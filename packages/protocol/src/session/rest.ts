/**
 * Neighbours that do not send what they say to have: they rest, longer each time, and are not asked any more in the end
 * (SYNC-20). Without a clock: a timer that beats while anybody rests.
 */
import { withNeighbour } from './neighbours.ts';
import { askOrWait, bestSource, endPull, givenUp, restartPaceTimer } from './pull.ts';
import type { Neighbour, NeighbourId, SyncEffect, SyncState } from './sync-types.ts';
import { MAX_FRUITLESS, MAX_REST_BEATS, MIN_PACE_BYTES, REST_BEAT_MS, TOLD_FRUITLESS } from './timing.ts';

type Step = readonly [SyncState, readonly SyncEffect[]];

/** What a neighbour begins with that has not kept its word so often in a row. */
export function rested(fruitless: number): Pick<Neighbour, 'fruitless' | 'rest'> {
  const asked = fruitless > 0 && fruitless < MAX_FRUITLESS;
  return { fruitless, rest: asked ? Math.min(2 ** fruitless, MAX_REST_BEATS) : 0 };
}

/** One more time. */
export function shunned(state: SyncState, id: NeighbourId): SyncState {
  const neighbour = state.neighbours.get(id);
  return neighbour === undefined
    ? state
    : withNeighbour(state, id, { ...neighbour, ...rested(neighbour.fruitless + 1) });
}

/** Ends the pull under way, which has not brought what the neighbour said to have. */
export function fruitless(state: SyncState, id: NeighbourId): Step {
  const next = shunned(state, id);
  const times = next.neighbours.get(id)?.fruitless ?? 0;
  const asked = times < MAX_FRUITLESS;
  const [ended, effects] = endPull(next);
  const told: readonly SyncEffect[] = times >= TOLD_FRUITLESS ? [{ type: 'unserved', neighbour: id, asked }] : [];
  return [ended, [...told, ...effects, ...(asked ? [startRestTimer()] : [])]];
}

/** [SYNC-20] One that sends a little now and then gives way to another one that has what is lacking. */
export function lookAtPace(state: SyncState): Step {
  const { pull } = state;
  if (pull === null) return [state, []];
  const looked = { ...state, pull: { ...pull, brought: 0 } };
  const slow = pull.unstored === 0 && pull.brought < MIN_PACE_BYTES;
  if (!slow || bestSource(state, pull.neighbour) === undefined) return [looked, restartPaceTimer()];
  return fruitless(givenUp(looked), pull.neighbour);
}

export function restBeat(state: SyncState): Step {
  const neighbours = new Map<NeighbourId, Neighbour>();
  let resting = false;
  for (const [id, neighbour] of state.neighbours) {
    const rest = Math.max(0, neighbour.rest - 1);
    neighbours.set(id, { ...neighbour, rest });
    resting ||= rest > 0;
  }
  const [asked, effects] = askOrWait({ ...state, neighbours }, undefined);
  return [asked, resting ? [...effects, startRestTimer()] : effects];
}

export function startRestTimer(): SyncEffect {
  return { type: 'start-timer', timer: 'rest', minMs: REST_BEAT_MS, maxMs: REST_BEAT_MS };
}
