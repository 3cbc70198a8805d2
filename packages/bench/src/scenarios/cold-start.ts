/** A page whose documents are all synced is loaded again: how long until its pool is live, and what it takes. */
import { heldBytes } from '../browser/heap.ts';
import type { Lab } from '../browser/lab.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { Candidate, Peer } from '../browser/peers.ts';
import { meshed, quietTraffic } from '../browser/settled.ts';
import { syncedPair, withPeers } from '../browser/with-peers.ts';

export interface ColdStart {
  /** from the call of the system until it has done what it does before it has a peer */
  readonly readyMs: number;
  /** until it is connected and the peer takes part */
  readonly liveMs: number;
  /** what IndexedDB was asked for until then */
  readonly reads: number;
  readonly scans: number;
  readonly bytes: number;
  /** JavaScript objects of the page that are there because it replicates */
  readonly heapPerDocument: number;
}

/** By then rxdb-p2p compares the documents with its journal, which takes memory that it gives back, milliseconds. */
const COMPARED_AFTER_MS = 6_000;
const LOOK_MS = 500;
/** Looks without a storage call after which nobody asks any more. */
const IDLE_LOOKS = 4;

export async function measureColdStart(
  lab: Lab,
  candidate: Candidate,
  count: number,
  timeoutMs: number,
): Promise<Outcome<ColdStart>> {
  return withPeers(lab, candidate, 2, timeoutMs, async (peers) => {
    const [stays, comes] = await syncedPair(peers, count);
    await quietTraffic(peers);
    await comes.page.reload();
    await comes.call('open', { system: candidate.system, database: peers.database });
    const heapBefore = await heldBytes(comes.page);
    const callsBefore = await comes.call('storageCalls');
    const sentBefore = (await stays.call('traffic')).bytesSent;
    const startedAt = await peers.start(comes);
    const readyMs = await comes.page.evaluate(async (from) => {
      await globalThis.peer.ready();
      return performance.timeOrigin + performance.now() - from;
    }, startedAt);
    await meshed(peers);
    const liveMs = Date.now() - startedAt;
    const calls = await comes.call('storageCalls');
    const bytes = (await stays.call('traffic')).bytesSent - sentBefore + (await comes.call('traffic')).bytesSent;
    await quietTraffic(peers);
    await idleStorage(comes, startedAt + COMPARED_AFTER_MS);
    const heapPerDocument = ((await heldBytes(comes.page)) - heapBefore) / count;
    await comes.call('verify', count, {});
    const reads = calls.reads - callsBefore.reads;
    return { readyMs, liveMs, reads, scans: calls.scans - callsBefore.scans, bytes, heapPerDocument };
  });
}

/** Resolves when the page has asked its storage for nothing for a while, not before this time. */
async function idleStorage(peer: Peer, notBefore: number): Promise<void> {
  let before = '';
  for (let looks = 0; looks < IDLE_LOOKS || Date.now() < notBefore; ) {
    const calls = JSON.stringify(await peer.call('storageCalls'));
    looks = calls === before ? looks + 1 : 0;
    before = calls;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
