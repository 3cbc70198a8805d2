/** What a session knows of its neighbours, as a value: a change makes a new one. */
import type { Neighbour, NeighbourId, SyncState } from './sync-types.ts';

export function withNeighbour(state: SyncState, id: NeighbourId, neighbour: Neighbour): SyncState {
  return { ...state, neighbours: new Map(state.neighbours).set(id, neighbour) };
}
