/** A first sync of many documents: how long for each ten thousand, and what the pages hold at most meanwhile. */
import { watchPeak } from '../browser/heap.ts';
import type { Lab } from '../browser/lab.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { Candidate } from '../browser/peers.ts';
import { withPeers } from '../browser/with-peers.ts';
import { type Meeting, prepare, sync, verify } from './browser-initial-sync.ts';

export interface LargeSync {
  readonly seconds: number;
  readonly secondsPerTenThousand: number;
  /** Growth of what JavaScript holds in the sending and the receiving page, garbage included, 10^6 bytes. */
  readonly senderMb: number;
  readonly receiverMb: number;
}

const TEN_THOUSAND = 10_000;
const MB = 1e6;

export async function measureLargeSync(
  lab: Lab,
  candidate: Candidate,
  meeting: Meeting,
  count: number,
  timeoutMs: number,
): Promise<Outcome<LargeSync>> {
  return withPeers(lab, candidate, 2, timeoutMs, async (peers) => {
    await prepare(peers, meeting, count);
    const watches = await Promise.all(peers.all.map(({ page }) => watchPeak(page)));
    const peaks = (): Promise<number[]> => Promise.all(watches.map((watch) => watch.stop()));
    const { ms } = await sync(peers, meeting, count).finally(peaks);
    const [sender = Number.NaN, receiver = Number.NaN] = await peaks();
    await verify(peers, count);
    const seconds = ms / 1_000;
    const secondsPerTenThousand = (seconds * TEN_THOUSAND) / count;
    return { seconds, secondsPerTenThousand, senderMb: sender / MB, receiverMb: receiver / MB };
  });
}
