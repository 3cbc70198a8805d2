/** What of a vector a segment stores. Pure. */
import type { Vector } from '@rxdb-p2p/protocol';

/** The entries that differ; 0: the actor is gone. */
export function vectorDelta(before: Vector, after: Vector): [string, number][] {
  const delta: [string, number][] = [];
  for (const [actor, seq] of after) if (before.get(actor) !== seq) delta.push([actor, seq]);
  for (const actor of before.keys()) if (!after.has(actor)) delta.push([actor, 0]);
  return delta;
}
