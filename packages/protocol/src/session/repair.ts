/**
 * Repair: two replicas whose vectors are equal and whose heads are not compare what they hold, range by range of ids, and
 * each asks for what it lacks (SPEC.md §5.3). Each side does so for itself; this is the side that asks.
 */

import { MAX_FETCHED_IDS } from '../limits.ts';
import { compareStrings } from '../version/dot.ts';
import { agreementWith, isStranded } from './agreement.ts';
import { versionsCost } from './cost.ts';
import type { DifferFrame, EntriesFrame } from './frames.ts';
import { withNeighbour } from './neighbours.ts';
import { resumeScans } from './serve.ts';
import type { Neighbour, NeighbourId, Repair, SyncEffect, SyncInput, SyncState } from './sync-types.ts';
import {
  MAX_OVERDRAFT_BYTES,
  MAX_REPAIR_DOUBLINGS,
  REPAIR_DELAY_MS,
  REPAIR_STALLED_MS,
  STRAND_DELAY_MS,
} from './timing.ts';

type Step = readonly [SyncState, readonly SyncEffect[]];

/** Why two are compared, which is the timer that waits for as long as it must have lasted. */
type Reason = 'compare' | 'strand';

const HOLDS: Readonly<Record<Reason, (state: SyncState, neighbour: Neighbour) => boolean>> = {
  compare: (state, neighbour) => agreementWith(state, neighbour) === 'different',
  strand: isStranded,
};
const DELAYS_MS: Readonly<Record<Reason, readonly [number, number]>> = {
  compare: REPAIR_DELAY_MS,
  strand: STRAND_DELAY_MS,
};

/** [REPAIR-1] [REPAIR-6] A difference counts when it is still there after a while: the other may have more to say. */
export function watchAgreement(state: SyncState): readonly SyncEffect[] {
  if (state.repair !== null) return [];
  return (['compare', 'strand'] as const).flatMap((timer): SyncEffect[] => {
    const next = nextToRepair(state, timer);
    if (next === undefined) return [];
    // Whoever differs again and again is compared more and more rarely.
    const factor = 2 ** Math.min(state.neighbours.get(next)?.repairs ?? 0, MAX_REPAIR_DOUBLINGS);
    const [minMs, maxMs] = DELAYS_MS[timer];
    return [{ type: 'start-timer', timer, minMs: minMs * factor, maxMs: maxMs * factor }];
  });
}

/** The neighbour that differs and has been compared least. */
function nextToRepair(state: SyncState, reason: Reason): NeighbourId | undefined {
  let next: NeighbourId | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const [id, neighbour] of state.neighbours) {
    if (neighbour.repairs < fewest && HOLDS[reason](state, neighbour)) {
      next = id;
      fewest = neighbour.repairs;
    }
  }
  return next;
}

/** Who is the same again may differ again, and is then compared at once. */
export function noteAgreement(state: SyncState): SyncState {
  let next = state;
  for (const [id, neighbour] of state.neighbours)
    if (neighbour.repairs > 0 && agreementWith(state, neighbour) === 'same')
      next = withNeighbour(next, id, { ...neighbour, repairs: 0 });
  return next;
}

export function beginRepair(state: SyncState, reason: Reason): Step {
  const id = state.repair === null ? nextToRepair(state, reason) : undefined;
  const neighbour = id === undefined ? undefined : state.neighbours.get(id);
  if (id === undefined || neighbour === undefined) return [state, []];
  const noted = withNeighbour(state, id, { ...neighbour, repairs: neighbour.repairs + 1 });
  const want = state.lastWant + 1;
  const repair: Repair = {
    ...{ neighbour: id, want, stage: 'summing', after: null, last: null },
    ...{ wanted: [], credit: 0, unstored: 0 },
  };
  // Once is enough to be told of it; and who lacks what no vector covers has received something else.
  const isNews = reason === 'compare' && neighbour.repairs === 0;
  const told: readonly SyncEffect[] = isNews ? [{ type: 'diverged', neighbour: id }] : [];
  return [{ ...noted, lastWant: want, repair }, [...told, ...round(repair)]];
}

function round({ neighbour, want, after }: Repair): SyncEffect[] {
  return [{ type: 'sum', neighbour, want, after }, ...restartTimer()];
}

/** The repair that this belongs to, if it is at this stage. */
function at(state: SyncState, id: NeighbourId, want: number, stage: Repair['stage']): Repair | undefined {
  const { repair } = state;
  return repair?.neighbour === id && repair.want === want && repair.stage === stage ? repair : undefined;
}

export function summed(state: SyncState, input: SyncInput & { type: 'summed' }): Step {
  const { neighbour, want, ranges } = input;
  const repair = at(state, neighbour, want, 'summing');
  if (repair === undefined) return [state, []];
  const last = ranges[ranges.length - 1]?.last ?? null;
  const { after } = repair;
  return [
    { ...state, repair: { ...repair, stage: 'comparing', last } },
    [{ type: 'send', neighbour, frame: { type: 'compare', want, after, ranges } }],
  ];
}

export function takeDiffer(state: SyncState, id: NeighbourId, frame: Omit<DifferFrame, 'channel'>): Step {
  const { want, upTo, items } = frame;
  const repair = at(state, id, want, 'comparing');
  if (repair === undefined) return [state, []];
  const { after, last } = repair;
  const backwards = upTo !== null && after !== null && compareStrings(upTo, after) <= 0;
  const beyond = upTo !== null && last !== null && compareStrings(upTo, last) > 0;
  if (backwards || beyond) return [state, [{ type: 'violation', neighbour: id, text: 'DIFFER for another range' }]];
  // What was compared ends where the answer says, or where the question did.
  const looking: Repair = { ...repair, stage: 'looking', last: upTo ?? last };
  return [{ ...state, repair: looking }, [{ type: 'look', neighbour: id, want, items }, ...restartTimer()]];
}

export function looked(state: SyncState, input: SyncInput & { type: 'looked' }): Step {
  const repair = at(state, input.neighbour, input.want, 'looking');
  return repair === undefined ? [state, []] : fetchNext(state, { ...repair, wanted: input.ids });
}

function fetchNext(state: SyncState, repair: Repair): Step {
  const { neighbour, want, wanted, last } = repair;
  if (wanted.length > 0) {
    const fetching: Repair = { ...repair, stage: 'fetching', credit: MAX_OVERDRAFT_BYTES };
    const ids = wanted.slice(0, MAX_FETCHED_IDS);
    return [
      { ...state, repair: fetching },
      [{ type: 'send', neighbour, frame: { type: 'fetch', want, ids } }, ...restartTimer()],
    ];
  }
  if (last === null) return endRepair(state);
  const next: Repair = { ...repair, stage: 'summing', after: last, last: null };
  return [{ ...state, repair: next }, round(next)];
}

/** [REPAIR-4] What comes is taken in by the records alone, whatever the vector covers. Undefined: no answer to a FETCH. */
export function takeRepairEntries(
  state: SyncState,
  id: NeighbourId,
  { want, versions }: Omit<EntriesFrame, 'channel'>,
): Step | undefined {
  const repair = at(state, id, want, 'fetching');
  if (repair === undefined) return undefined;
  const bytes = versionsCost(versions);
  if (bytes > repair.credit)
    return [state, [{ type: 'violation', neighbour: id, text: 'ENTRIES beyond their credit' }]];
  const came = new Set(versions.map((version) => version.id));
  // An answer without any of the next ids: the other has none of them any more.
  const without = repair.wanted.filter((wanted) => !came.has(wanted));
  const wanted = without.length < repair.wanted.length ? without : repair.wanted.slice(MAX_FETCHED_IDS);
  const taken: Repair = { ...repair, wanted, credit: repair.credit - bytes, unstored: repair.unstored + 1 };
  const apply: SyncEffect = {
    ...{ type: 'apply', neighbour: id, want, versions, cursor: null, claim: null, range: null, bytes },
    repair: true,
  };
  return [{ ...state, repair: taken }, [apply, ...restartTimer()]];
}

/** Undefined: what was stored was not for a repair. */
export function repairApplied(state: SyncState, input: SyncInput & { type: 'applied' }): Step | undefined {
  if (input.want === null) return undefined;
  const repair = at(state, input.neighbour, input.want, 'fetching');
  if (repair === undefined) return undefined;
  const stored: Repair = { ...repair, unstored: repair.unstored - 1 };
  return stored.unstored > 0 ? [{ ...state, repair: stored }, []] : fetchNext(state, stored);
}

/** [REPAIR-5] Claims go on. */
export function endRepair(state: SyncState): Step {
  const [resumed, reads] = resumeScans({ ...state, repair: null });
  return [resumed, [{ type: 'stop-timer', timer: 'repair' }, ...reads, ...watchAgreement(resumed)]];
}

export function repairStalled(state: SyncState): Step {
  const { repair } = state;
  if (repair === null) return [state, []];
  const ours = repair.stage === 'summing' || repair.stage === 'looking' || repair.unstored > 0;
  // Our own storage is slow: the neighbour is not to blame.
  if (ours) return [state, restartTimer()];
  return [state, [{ type: 'stalled', neighbour: repair.neighbour, text: 'no progress of a repair' }]];
}

function restartTimer(): SyncEffect[] {
  return [
    { type: 'stop-timer', timer: 'repair' },
    { type: 'start-timer', timer: 'repair', minMs: REPAIR_STALLED_MS, maxMs: REPAIR_STALLED_MS },
  ];
}
