/** What makes one vector of another, as a segment stores it: entries that differ, and 0 for those that are gone. */
import type { Vector } from '@rxdb-p2p/protocol';

export type VectorDelta = readonly (readonly [actor: string, seq: number])[];

export function vectorDelta(before: Vector, after: Vector): VectorDelta {
  const delta: [string, number][] = [];
  for (const [actor, seq] of after) if (before.get(actor) !== seq) delta.push([actor, seq]);
  for (const actor of before.keys()) if (!after.has(actor)) delta.push([actor, 0]);
  return delta;
}

export function withDelta(vector: Vector, delta: VectorDelta): Vector {
  const next = new Map(vector);
  for (const [actor, seq] of delta) {
    if (seq === 0) next.delete(actor);
    else next.set(actor, seq);
  }
  return next;
}
