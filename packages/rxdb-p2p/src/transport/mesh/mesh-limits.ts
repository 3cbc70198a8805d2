/** Limits and delays of the search for peers. */
import type { BackoffOptions } from '../backoff.ts';

export interface MeshLimits {
  /** Links at once. A pool of everybody with everybody beyond this is what the mesh protocol is for. */
  readonly links: number;
  /** Connections being made at once, for each of: dialled by us, dialled by others. Each is some 20 signals. */
  readonly attempts: number;
  /** Members of rooms that are remembered: 16 of each room's sample and those who dial us. */
  readonly remotes: number;

  /** An ICE candidate that leads nowhere gives no error for 35 s. */
  readonly connectTimeoutMs: number;
  /** After a failed attempt, or a lost link. */
  readonly retry: BackoffOptions;
  /** Between two requests for members of a room in which we are linked with nobody. */
  readonly search: BackoffOptions;
  /** How long a member may take to say whether we know it, before we dial anyway. */
  readonly helloMs: number;
  /** Between two offers, or two hellos, of one member that we answer: its own delays are longer. */
  readonly spacingMs: number;
  /** Offers answered in a minute: a page of Chromium has 500 connections, and closed ones count until collected. */
  readonly answersPerMinute: number;
  /** A link that lasted so long was a good one: the next failure counts as the first. */
  readonly stableMs: number;
}

export const MESH_LIMITS: MeshLimits = {
  links: 64,
  attempts: 16,
  remotes: 512,
  connectTimeoutMs: 15_000,
  retry: { minMs: 1_000, maxMs: 60_000 },
  search: { minMs: 1_000, maxMs: 30_000 },
  helloMs: 3_000,
  spacingMs: 400,
  answersPerMinute: 120,
  stableMs: 30_000,
};
