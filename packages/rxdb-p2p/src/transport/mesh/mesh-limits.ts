/** Limits and delays of the search for peers. */
import type { BackoffOptions } from '../backoff.ts';

/**
 * Connections of one database at once, unless the application says otherwise. Random graphs of this degree are
 * connected, in a few steps from anybody to anybody, whatever their size; HyParView (Leitão 2007) takes 5 for 10,000.
 */
export const DEFAULT_MAX_CONNECTIONS: number = 8;
/** What an application may ask for: rings and chains fall apart easily; beyond this WebRTC costs more than it brings. */
export const MIN_MAX_CONNECTIONS: number = 2;
export const MAX_MAX_CONNECTIONS: number = 64;

export interface MeshLimits {
  /** Links at once: `maxConnections`. Larger pools are connected through those in between. */
  readonly links: number;
  /** Connections being made at once, for each of: dialled by us, dialled by others. Each is some 20 signals. */
  readonly attempts: number;
  /** Members of rooms that are remembered: 16 of each room's sample and those who dial us. */
  readonly remotes: number;

  /** An ICE candidate that leads nowhere gives no error for 35 s. */
  readonly connectTimeoutMs: number;
  /** After a failed attempt, or a lost link. */
  readonly retry: BackoffOptions;
  /** Between two requests for members of a room in which we have fewer links than we look for. */
  readonly search: BackoffOptions;
  /** Between two exchanges of a link for one with another member (`renewal.ts`); from anew after every disturbance. */
  readonly renewal: BackoffOptions;
  /** Links given up in a minute for others who insist. Room for a newcomer each ten seconds; bounds what a liar can do. */
  readonly displacementsPerMinute: number;
  /** How long a member may take to say whether we know it, before we dial anyway. */
  readonly helloMs: number;
  /** Between two offers, or two hellos, of one member that we answer: its own delays are longer. */
  readonly spacingMs: number;
  /** Offers answered in a minute: a page of Chromium has 500 connections, and closed ones count until collected. */
  readonly answersPerMinute: number;
  /** Announcements answered in a minute, of all members: a server can repeat them, and make up members. */
  readonly welcomesPerMinute: number;
  /** A link that lasted so long was a good one: the next failure counts as the first. */
  readonly stableMs: number;
}

export const MESH_LIMITS: MeshLimits = {
  links: DEFAULT_MAX_CONNECTIONS,
  attempts: 16,
  remotes: 512,
  connectTimeoutMs: 15_000,
  retry: { minMs: 1_000, maxMs: 60_000 },
  search: { minMs: 1_000, maxMs: 30_000 },
  renewal: { minMs: 20_000, maxMs: 600_000 },
  displacementsPerMinute: 6,
  helloMs: 3_000,
  spacingMs: 400,
  answersPerMinute: 120,
  welcomesPerMinute: 300,
  stableMs: 30_000,
};
