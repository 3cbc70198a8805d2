/** [SYNC-11] The size of versions for credits and batches: computed alike on both sides of a channel from what was sent. */
import type { Version } from '../version/head.ts';

/** Bytes that an envelope counts for: of the order of its size on the wire and in the journal. */
const ENVELOPE_COST_BYTES = 64;

/** What an entry of its past, or a field's clock with its name, counts for. */
const PAST_ENTRY_COST_BYTES = 24;
const FIELD_CLOCK_COST_BYTES = 40;

export function versionCost({ id, head, body }: Version): number {
  const history = head.past.length * PAST_ENTRY_COST_BYTES + head.clocks.length * FIELD_CLOCK_COST_BYTES;
  return ENVELOPE_COST_BYTES + history + id.length + (body?.length ?? 0);
}

export function versionsCost(versions: readonly Version[]): number {
  let cost = 0;
  for (const version of versions) cost += versionCost(version);
  return cost;
}
