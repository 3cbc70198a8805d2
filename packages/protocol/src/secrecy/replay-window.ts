/** Which counters of a sender have come (RFC 4303 §3.4.3): what is repeated, or far too late, is told from what is new. */

/** How much later than the newest one a signal may come. A connection takes some 20; servers do not reorder much. */
export const REPLAY_WINDOW: number = 256;

export interface ReplayWindow {
  /** the highest counter that has come; −1: none */
  readonly highest: number;
  /** those that have come, of the last REPLAY_WINDOW */
  readonly seen: ReadonlySet<number>;
}

export function emptyWindow(): ReplayWindow {
  return { highest: -1, seen: new Set() };
}

/** The window with one more; undefined: it came before, or is too old to tell. */
export function take(window: ReplayWindow, counter: number): ReplayWindow | undefined {
  if (counter <= window.highest - REPLAY_WINDOW || window.seen.has(counter)) return undefined;
  const highest = Math.max(window.highest, counter);
  const seen = new Set(window.seen).add(counter);
  for (const other of seen) if (other <= highest - REPLAY_WINDOW) seen.delete(other);
  return { highest, seen };
}
