/**
 * The sync session of one collection with all its neighbours (ARCHITECTURE §5), as a pure step function: it knows vectors,
 * cursors and credits, and nothing of documents, sockets or storage. SPEC.md §5 has the rules by number.
 */
import { MAX_VECTOR_ENTRIES } from '../limits.ts';
import type { Print } from '../version/fingerprint.ts';
import type { Vector } from '../version/vector.ts';
import { actorsIn, dominates, EMPTY_VECTOR } from '../version/vector.ts';
import { versionsCost } from './cost.ts';
import type { RefuseCode } from './frames.ts';
import { applyHave, composeHave, isOld } from './have.ts';
import { withNeighbour } from './neighbours.ts';
import { askOrWait, endPull, givenUp, restartStalledTimer, takeEntries } from './pull.ts';
import { mayPush, takePush, withoutPushes } from './push.ts';
import {
  beginRepair,
  endRepair,
  looked,
  noteAgreement,
  repairApplied,
  repairStalled,
  summed,
  takeDiffer,
  takeRepairEntries,
  watchAgreement,
} from './repair.ts';
import { fruitless, lookAtPace, restBeat, rested, shunned, startRestTimer } from './rest.ts';
import { addCredit, answerWant, serve } from './serve.ts';
import { answered, answerRepair } from './serve-repair.ts';
import type { Neighbour, NeighbourId, SyncEffect, SyncFrame, SyncInput, SyncState, TimerKind } from './sync-types.ts';
import { HAVE_DELAY_MS, PULL_CREDIT_BYTES } from './timing.ts';

export type Step = readonly [SyncState, readonly SyncEffect[]];

/** @param lastWant any integer: WANTs are numbered from there, so that no answer to an earlier session fits by chance */
export function initialSyncState(actor: string, vector: Vector, fingerprint: Print, lastWant = 0): SyncState {
  return { vector, fingerprint, actor, neighbours: new Map(), pull: null, repair: null, lastWant };
}

export function syncStep(state: SyncState, input: SyncInput): Step {
  switch (input.type) {
    case 'joined':
      return join(state, input);
    case 'left':
      return leave(state, input.neighbour);
    case 'committed':
      return committed(state, input);
    case 'timer':
      return timerFired(state, input.timer);
    case 'frame': {
      const neighbour = state.neighbours.get(input.neighbour);
      return neighbour === undefined ? [state, []] : frame(state, input.neighbour, neighbour, input.frame);
    }
    case 'read': {
      const neighbour = state.neighbours.get(input.neighbour);
      return neighbour === undefined ? [state, []] : serve(state, input.neighbour, neighbour, input);
    }
    case 'summed':
      return summed(state, input);
    case 'looked':
      return looked(state, input);
    case 'compared':
    case 'fetched': {
      const neighbour = state.neighbours.get(input.neighbour);
      return neighbour === undefined ? [state, []] : answered(state, input.neighbour, neighbour, input);
    }
    case 'applied': {
      const neighbour = state.neighbours.get(input.neighbour);
      return neighbour === undefined ? [state, []] : applied(state, input.neighbour, neighbour, input);
    }
  }
}

function join(state: SyncState, input: SyncInput & { type: 'joined' }): Step {
  const fresh: Neighbour = {
    directions: input.directions,
    remote: null,
    fingerprint: null,
    toldSum: null,
    told: null,
    toldWhole: false,
    pushedSeq: 0,
    pushSent: 0,
    pushAcked: 0,
    pushReceived: 0,
    pushTaken: 0,
    pushTold: 0,
    scan: null,
    cursor: input.cursor,
    exhausted: null,
    ...rested(input.fruitless ?? 0),
    stray: 0,
    repairs: 0,
    answering: false,
  };
  const [neighbour, have] = composeHave(state, fresh, 'hash');
  return [
    withNeighbour(state, input.neighbour, neighbour),
    [{ type: 'send', neighbour: input.neighbour, frame: have }, ...(neighbour.rest > 0 ? [startRestTimer()] : [])],
  ];
}

function leave(state: SyncState, id: NeighbourId): Step {
  const neighbours = new Map(state.neighbours);
  neighbours.delete(id);
  const without = { ...state, neighbours };
  const [repaired, resumed] = state.repair?.neighbour === id ? endRepair(without) : [without, []];
  const [next, asked] = state.pull?.neighbour === id ? endPull(repaired) : [repaired, []];
  return [next, [...resumed, ...asked]];
}

/** [SYNC-3] The author pushes a new write at once to every neighbour that has all its earlier ones, within credit. */
function committed(state: SyncState, input: SyncInput & { type: 'committed' }): Step {
  const { vector, fingerprint, actor, authored, lost } = input;
  let next: SyncState = { ...state, vector, fingerprint, actor };
  if (actor !== state.actor) next = { ...next, neighbours: withoutPushes(state.neighbours) };
  const effects: SyncEffect[] = [];
  if (lost || !dominates(vector, state.vector)) {
    const [asking, asked] = askAnew(next);
    next = asking;
    effects.push(...asked);
  }
  if (authored !== null) {
    const bytes = versionsCost(authored.versions);
    for (const [id, neighbour] of next.neighbours) {
      if (!mayPush(neighbour, authored, bytes)) continue;
      const pushed = { ...neighbour, pushedSeq: authored.seq, pushSent: neighbour.pushSent + bytes };
      next = withNeighbour(next, id, pushed);
      effects.push({ type: 'send', neighbour: id, frame: { type: 'push', ...authored } });
    }
  }
  if (next.neighbours.size > 0) effects.push(startHaveTimer());
  const noted = noteAgreement(next);
  return [noted, [...effects, ...watchAgreement(noted)]];
}

/**
 * [SYNC-8] Storage has lost documents: no cursor leads to them any more, and whoever has them is asked again. The pull
 * under way began with them, so what it ends with counts for nothing.
 */
function askAnew(state: SyncState): Step {
  const given = givenUp(state);
  const neighbours = [...given.neighbours].map(
    ([id, known]) => [id, { ...known, cursor: null, exhausted: null, fruitless: 0, rest: 0 }] as const,
  );
  return endPull({ ...given, neighbours: new Map(neighbours) });
}

function frame(state: SyncState, id: NeighbourId, neighbour: Neighbour, input: SyncFrame): Step {
  switch (input.type) {
    case 'have': {
      const [heard, answers] = applyHave(state, neighbour, input);
      if (heard.remote !== null && heard.remote.size > MAX_VECTOR_ENTRIES) return outgrown(state, id);
      const [next, asked] = askOrWait(withNeighbour(state, id, heard), neighbour.remote === null ? id : undefined);
      const { actor } = state;
      const seq = heard.remote?.get(actor) ?? 0;
      const outrun = seq > (state.vector.get(actor) ?? 0);
      const fetch = neighbour.directions.incoming;
      const effects: SyncEffect[] = outrun
        ? [{ type: 'outrun', neighbour: id, actor, seq, fetch }, ...asked]
        : [...asked];
      // What it has named just now may be told to it.
      if (!neighbour.directions.outgoing && !isOld(next, next.neighbours.get(id) ?? heard))
        effects.push(startHaveTimer());
      const said = answers.map((answer): SyncEffect => ({ type: 'send', neighbour: id, frame: answer }));
      const settled = noteAgreement(next);
      return [settled, [...said, ...effects, ...watchAgreement(settled)]];
    }
    case 'want':
      if (!neighbour.directions.outgoing) return forbidden(state, id, 'READ_NOT_ALLOWED', input.type);
      if (neighbour.scan !== null && input.want <= neighbour.scan.want)
        return violation(state, id, 'WANT with an old number');
      return answerWant(state, id, neighbour, input);
    case 'credit':
      return addCredit(state, id, neighbour, input.want, input.bytes);
    case 'entries':
      if (!neighbour.directions.incoming) return forbidden(state, id, 'WRITE_NOT_ALLOWED', input.type);
      if (input.claim !== null && actorsIn(state.vector, input.claim) > MAX_VECTOR_ENTRIES) return outgrown(state, id);
      return takeRepairEntries(state, id, input) ?? takeEntries(state, id, input);
    case 'compare':
    case 'fetch':
      if (!neighbour.directions.outgoing) return forbidden(state, id, 'READ_NOT_ALLOWED', input.type);
      return answerRepair(state, id, neighbour, input);
    case 'differ':
      return takeDiffer(state, id, input);
    case 'push':
      if (!neighbour.directions.incoming) return forbidden(state, id, 'WRITE_NOT_ALLOWED', input.type);
      if (!state.vector.has(input.actor) && state.vector.size >= MAX_VECTOR_ENTRIES) return outgrown(state, id);
      return takePush(state, id, neighbour, input);
  }
}

function applied(
  state: SyncState,
  id: NeighbourId,
  neighbour: Neighbour,
  input: SyncInput & { type: 'applied' },
): Step {
  if (input.want === null) {
    const taken = { ...neighbour, pushTaken: neighbour.pushTaken + input.bytes };
    return [withNeighbour(state, id, taken), [startHaveTimer()]];
  }
  const repaired = repairApplied(state, input);
  if (repaired !== undefined) return repaired;
  const { pull } = state;
  const current = pull !== null && pull.neighbour === id && pull.want === input.want;
  if (!current) return [state, []];
  const placed = withNeighbour(state, id, { ...neighbour, cursor: input.cursor ?? neighbour.cursor });
  if (input.claimed) {
    // [SYNC-6] A neighbour that did not bring what it claimed to have is not asked again until it claims otherwise.
    const served = dominates(state.vector, pull.remote);
    const after = { ...neighbour, cursor: input.cursor ?? neighbour.cursor, exhausted: served ? null : pull.remote };
    if (served) return endPull(withNeighbour(placed, id, { ...after, fruitless: 0, rest: 0 }));
    return fruitless(withNeighbour(placed, id, after), id);
  }
  const credit = pull.credit + input.bytes;
  const unstored = pull.unstored - 1;
  const next = { ...placed, pull: { ...pull, credit: Math.min(credit, PULL_CREDIT_BYTES), unstored } };
  const frame: SyncFrame = { type: 'credit', want: pull.want, bytes: input.bytes };
  return [next, [{ type: 'send', neighbour: id, frame }, ...restartStalledTimer()]];
}

function timerFired(state: SyncState, timer: TimerKind): Step {
  switch (timer) {
    case 'have': {
      let next = state;
      const effects: SyncEffect[] = [];
      for (const [id, neighbour] of state.neighbours) {
        if (isOld(state, neighbour)) continue;
        const [told, have] = composeHave(state, neighbour, neighbour.toldWhole ? 'changes' : 'whole');
        next = withNeighbour(next, id, told);
        effects.push({ type: 'send', neighbour: id, frame: have });
      }
      return [next, effects];
    }
    case 'ask':
      return askOrWait(state, undefined, true);
    case 'compare':
    case 'strand':
      return beginRepair(state, timer);
    case 'repair':
      return repairStalled(state);
    case 'stalled':
      if (state.pull === null) return [state, []];
      // What it sent is waiting for our storage: the neighbour is not to blame.
      if (state.pull.unstored > 0) return [state, restartStalledTimer()];
      return [
        shunned(state, state.pull.neighbour),
        [{ type: 'stalled', neighbour: state.pull.neighbour, text: 'no progress of a pull' }],
      ];
    case 'pace':
      return lookAtPace(state);
    case 'rest':
      return restBeat(state);
  }
}

export function startHaveTimer(): SyncEffect {
  return { type: 'start-timer', timer: 'have', minMs: HAVE_DELAY_MS[0], maxMs: HAVE_DELAY_MS[1] };
}

/** [SYNC-13] What peers say makes no vector grow without end. */
function outgrown(state: SyncState, neighbour: NeighbourId): Step {
  return violation(state, neighbour, `a vector of more than ${MAX_VECTOR_ENTRIES} entries`);
}

/** [SYNC-7] Nothing of it is looked at. */
function forbidden(state: SyncState, neighbour: NeighbourId, code: RefuseCode, what: string): Step {
  return [
    state,
    [{ type: 'refuse', neighbour, code, text: `${what.toUpperCase()} on a channel that does not go that way` }],
  ];
}

function violation(state: SyncState, neighbour: NeighbourId, text: string): Step {
  return [state, [{ type: 'violation', neighbour, text }]];
}

/** What a neighbour is known to hold; nothing while its vector is not known. */
export function remoteVector(neighbour: Neighbour): Vector {
  return neighbour.remote ?? EMPTY_VECTOR;
}
