/** One measurement in pages of its own, which are gone afterwards whatever happened. */
import type { Lab } from './lab.ts';
import { attempt, type Outcome } from './outcome.ts';
import { type Candidate, openPeers, type Peer, type Peers } from './peers.ts';

/** What the pages' own errors say is part of why a measurement failed. */
export async function withPeers<Figures>(
  lab: Lab,
  candidate: Candidate,
  count: number,
  timeoutMs: number,
  measure: (peers: Peers) => Promise<Figures>,
): Promise<Outcome<Figures>> {
  let peers: Peers | undefined;
  const outcome = await attempt(
    timeoutMs,
    async () => {
      peers = await openPeers(lab, candidate, count);
      return await measure(peers);
    },
    async () => (await peers?.errors()) ?? [],
  );
  // A page that failed may be past answering; what it leaves goes with its browser's profile.
  await peers?.remove().catch(() => undefined);
  return outcome;
}

/** The two of a pair. */
export function pairOf({ all: [first, second] }: Peers): readonly [Peer, Peer] {
  if (first === undefined || second === undefined) throw new Error('no pair');
  return [first, second];
}

/** The first of a pair has as many documents, and the second has come by them. */
export async function syncedPair(peers: Peers, count: number): Promise<readonly [Peer, Peer]> {
  const [first, second] = pairOf(peers);
  await first.call('insert', count, 0);
  const arrived = second.call('arrived', count);
  await Promise.all([first, second].map(peers.start));
  await arrived;
  return [first, second];
}
