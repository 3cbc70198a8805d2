/** [SYNC-11] The size of versions for credits and batches: computed alike on both sides of a channel from what was sent. */
import type { Version } from '../version/head.ts';

/** Bytes that an envelope counts for: of the order of its size on the wire and in the journal. */
const ENVELOPE_COST_BYTES = 64;

export function versionCost(version: Version): number {
  return ENVELOPE_COST_BYTES + version.id.length + (version.body?.length ?? 0);
}

export function versionsCost(versions: readonly Version[]): number {
  let cost = 0;
  for (const version of versions) cost += versionCost(version);
  return cost;
}
