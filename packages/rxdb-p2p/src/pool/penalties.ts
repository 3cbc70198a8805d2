/** Replicas whose connections had to be ended for what they sent: the next one waits, longer each time. Bounded. */

export interface Penalties {
  /** A connection with it had to be ended. */
  note(replica: string): void;
  /** How long it still has to wait before anything is offered to it, milliseconds; 0: it need not. */
  delayOf(replica: string): number;
}

/** The first wait, which doubles each time, and the longest, milliseconds. */
export const PENALTY: { readonly minMs: number; readonly maxMs: number } = { minMs: 1_000, maxMs: 60_000 };
/** After so long without a new reason all is forgotten, milliseconds: an update may have mended it. */
const FORGIVEN_AFTER_MS = 600_000;
/** Ids cost a peer nothing: whoever makes many is slowed by what making connections costs. */
const MAX_REMEMBERED = 1_024;

export function createPenalties(now: () => number): Penalties {
  const noted = new Map<string, { readonly count: number; readonly at: number }>();

  function current(replica: string): { readonly count: number; readonly at: number } | undefined {
    const found = noted.get(replica);
    return found !== undefined && now() - found.at > FORGIVEN_AFTER_MS ? undefined : found;
  }

  return {
    note(replica) {
      const count = (current(replica)?.count ?? 0) + 1;
      noted.delete(replica);
      noted.set(replica, { count, at: now() });
      const [oldest] = noted.keys();
      if (noted.size > MAX_REMEMBERED && oldest !== undefined) noted.delete(oldest);
    },
    delayOf(replica) {
      const found = current(replica);
      if (found === undefined) return 0;
      const wait = Math.min(PENALTY.maxMs, PENALTY.minMs * 2 ** (found.count - 1));
      return Math.max(0, found.at + wait - now());
    },
  };
}
