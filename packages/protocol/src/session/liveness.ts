/**
 * Whether the other end of a connection is still there: by what comes from it, by answers that it owes, and by whether
 * our own queue drains. WebRTC itself notices after 15 to 30 s, or never. Pure; times are monotonic milliseconds.
 */

/** A peer that was silent for this long is asked for a sign of life, milliseconds. */
export const PING_AFTER_MS: number = 10_000;
/** So is one that has not answered a WANT or a PUSH for this long, milliseconds: storing a batch takes less than 1 s. */
export const OWED_AFTER_MS: number = 3_000;
/** What a peer may take for its sign of life, milliseconds, while nothing of our queue gets away: a busy page. */
export const DEAD_AFTER_MS: number = 10_000;
/** The same when there is reason to doubt: the network has changed, or this device has slept, milliseconds. */
export const DOUBTED_AFTER_MS: number = 3_000;
/** A queue of which nothing gets away for this long belongs to a dead link, whatever still comes in, milliseconds. */
export const STUCK_AFTER_MS: number = 30_000;
/** Between two looks, at most, milliseconds. */
export const LOOK_EVERY_MS: number = 2_500;
/** Who has not looked for this long has slept himself: silence meanwhile says nothing. Three looks, milliseconds. */
export const ASLEEP_AFTER_MS: number = 7_500;

export interface Liveness {
  readonly heardAt: number;
  /** Since when the peer owes an answer; null: it owes none. */
  readonly owedSince: number | null;
  /** Since when the peer has been asked for a sign of life; null: it has not. */
  readonly askedAt: number | null;
  /** The connection is dead when nothing has come by then; null: nobody has asked. */
  readonly deadline: number | null;
  readonly lookedAt: number;
  /** Bytes that have left our queue so far, and when some last did, or none were there. */
  readonly drained: number;
  readonly drainedAt: number;
}

/** What our side of the link says of itself. */
export interface QueueLook {
  readonly now: number;
  /** bytes handed to the link so far, and those of them that it still holds */
  readonly sent: number;
  readonly queued: number;
}

/** `ask`: send PING. `suspect`: do that too, and have the transport look whether the network still works. */
export type Verdict = 'alive' | 'ask' | 'suspect' | { readonly dead: string };

export function freshLiveness(now: number): Liveness {
  return { heardAt: now, owedSince: null, askedAt: null, deadline: null, lookedAt: now, drained: 0, drainedAt: now };
}

/** Anything that comes is a sign of life. */
export function heard(liveness: Liveness, now: number): Liveness {
  return { ...liveness, heardAt: now, owedSince: null, askedAt: null, deadline: null };
}

/** Something was said that the peer has to answer. */
export function owed(liveness: Liveness, now: number): Liveness {
  return liveness.owedSince === null ? { ...liveness, owedSince: now } : liveness;
}

/** There is reason to doubt: the peer is to be asked, and has little time, from when it was asked first. */
export function doubted(liveness: Liveness, now: number): Liveness {
  const slept = now - liveness.lookedAt >= ASLEEP_AFTER_MS;
  return askedFor(liveness, (slept ? null : liveness.askedAt) ?? now, DOUBTED_AFTER_MS);
}

/** When to look next, at the latest, milliseconds. */
export function nextLookAt({ lookedAt, deadline, askedAt, owedSince }: Liveness): number {
  const owedUntil = owedSince === null || askedAt !== null ? Number.POSITIVE_INFINITY : owedSince + OWED_AFTER_MS;
  return Math.min(lookedAt + LOOK_EVERY_MS, deadline ?? Number.POSITIVE_INFINITY, owedUntil);
}

function askedFor(liveness: Liveness, askedAt: number, patienceMs: number): Liveness {
  return { ...liveness, askedAt, deadline: askedAt + patienceMs };
}

/** [CONN-8] */
export function look(before: Liveness, { now, sent, queued }: QueueLook): readonly [Liveness, Verdict] {
  const drained = sent - queued;
  const slept = now - before.lookedAt >= ASLEEP_AFTER_MS;
  const drains = drained > before.drained;
  const drainedAt = queued === 0 || drains || slept ? now : before.drainedAt;
  const liveness = { ...before, lookedAt: now, drained, drainedAt };
  if (slept) return [askedFor(liveness, now, DOUBTED_AFTER_MS), 'ask'];
  if (now - drainedAt >= STUCK_AFTER_MS) {
    return [liveness, { dead: `${queued} bytes wait, and none got away for ${seconds(now - drainedAt)} s` }];
  }
  const { deadline, heardAt, owedSince } = liveness;
  if (deadline !== null) {
    // Our question waits behind other bytes, which move.
    if (drains && queued > 0) return [{ ...liveness, deadline: Math.max(deadline, now + DEAD_AFTER_MS) }, 'alive'];
    if (now < deadline) return [liveness, 'alive'];
    return [liveness, { dead: `no sign of life for ${seconds(now - heardAt)} s, though asked for one` }];
  }
  const asked = askedFor(liveness, now, DEAD_AFTER_MS);
  if (owedSince !== null && now - owedSince >= OWED_AFTER_MS) return [asked, 'suspect'];
  return now - heardAt >= PING_AFTER_MS ? [asked, 'ask'] : [liveness, 'alive'];
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
