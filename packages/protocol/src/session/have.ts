/** HAVE: what a replica has persisted, told to each neighbour in the shortest form that it can understand. */
import type { Vector } from '../version/vector.ts';
import { bytesEqual, EMPTY_VECTOR, hashVector, sameVector } from '../version/vector.ts';
import type { HaveFrame } from './frames.ts';
import type { Neighbour, SyncFrame, SyncState } from './sync-types.ts';

type Have = Omit<HaveFrame, 'channel'>;

/** [SYNC-1] The first HAVE is a hash; the whole vector follows when hashes differ; after that, what changed. */
export function composeHave(state: SyncState, neighbour: Neighbour, form: Have['form']): readonly [Neighbour, Have] {
  const vector = announced(state, neighbour);
  const told = {
    ...neighbour,
    told: vector,
    pushTold: neighbour.pushTaken,
    toldWhole: neighbour.toldWhole || form === 'whole',
    toldSum: state.fingerprint.sum,
  };
  const entries =
    form === 'hash' ? new Map() : form === 'whole' ? vector : changes(neighbour.told ?? EMPTY_VECTOR, vector);
  const have: Have = { type: 'have', hash: hashVector(vector), form, entries, pushedBytes: neighbour.pushTaken };
  return [told, isTwoWay(neighbour) ? { ...have, fingerprint: state.fingerprint } : have];
}

/** [SYNC-14] Whether a HAVE would say anything new. What changes half-way through a catch-up is not worth telling. */
export function isOld(state: SyncState, neighbour: Neighbour): boolean {
  const { fingerprint, pull } = state;
  const { told, directions } = neighbour;
  const vector = announced(state, neighbour);
  if (told !== vector && (directions.outgoing || told === null || !sameVector(told, vector))) return false;
  if (neighbour.pushTold !== neighbour.pushTaken) return false;
  if (!isTwoWay(neighbour) || (!fingerprint.settled && pull !== null)) return true;
  return neighbour.toldSum !== null && bytesEqual(neighbour.toldSum, fingerprint.sum);
}

function isTwoWay({ directions }: Neighbour): boolean {
  return directions.outgoing && directions.incoming;
}

/** [SYNC-2] HAVE is absolute: it replaces what was known of the neighbour. */
export function applyHave(
  state: SyncState,
  neighbour: Neighbour,
  have: Have,
): readonly [Neighbour, readonly SyncFrame[]] {
  const mine = announced(state, neighbour);
  let { remote, toldWhole } = neighbour;
  if (have.form === 'whole') remote = have.entries;
  else if (have.form === 'changes') remote = remote === null ? null : withChanges(remote, have.entries);
  if (remote === null || have.form !== 'whole') {
    const candidates = [remote, mine, neighbour.told];
    remote = candidates.find((vector) => vector !== null && bytesEqual(hashVector(vector), have.hash)) ?? null;
  }
  // Who holds the same vector as we last told can apply changes to it.
  if (remote !== null && neighbour.told !== null && sameVector(remote, neighbour.told)) toldWhole = true;
  const fingerprint = have.fingerprint ?? null;
  const heard = {
    ...neighbour,
    remote,
    fingerprint,
    toldWhole,
    pushAcked: Math.min(have.pushedBytes, neighbour.pushSent),
  };
  if (bytesEqual(have.hash, hashVector(mine))) return [heard, []];
  if (heard.toldWhole && have.form !== 'hash') return [heard, lostTrack(heard) ? [asHash(state, heard)] : []];
  const [told, answer] = composeHave(state, heard, 'whole');
  return [told, [answer]];
}

/** Its changes did not lead to the hash they came with: a HAVE of the form `hash` makes it send the whole. */
function lostTrack(neighbour: Neighbour): boolean {
  return neighbour.remote === null;
}

function asHash(state: SyncState, neighbour: Neighbour): SyncFrame {
  return composeHave(state, neighbour, 'hash')[1];
}

/**
 * [SYNC-2] To whom we send nothing we tell of nobody whom it has not named itself: what it hears is an acknowledgement
 * only. Not less: whoever was set back to a backup learns from it that we know his later writes.
 */
export function announced({ vector }: SyncState, { directions, remote }: Neighbour): Vector {
  if (directions.outgoing) return vector;
  const named = new Map<string, number>();
  for (const actor of remote?.keys() ?? []) {
    const seq = vector.get(actor);
    if (seq !== undefined) named.set(actor, seq);
  }
  return named;
}

/** Entries that differ; 0 for those that are gone. */
function changes(before: Vector, after: Vector): Vector {
  const changed = new Map<string, number>();
  for (const [actor, seq] of after) if (before.get(actor) !== seq) changed.set(actor, seq);
  for (const actor of before.keys()) if (!after.has(actor)) changed.set(actor, 0);
  return changed;
}

function withChanges(vector: Vector, changed: Vector): Vector {
  const result = new Map(vector);
  for (const [actor, seq] of changed) {
    if (seq === 0) result.delete(actor);
    else result.set(actor, seq);
  }
  return result;
}
