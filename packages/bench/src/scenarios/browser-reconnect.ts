/** Two pages that hold the same documents meet again: with nothing new, and with ten new ones. */
import type { Lab } from '../browser/lab.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { Candidate } from '../browser/peers.ts';
import { meshed, quietTraffic } from '../browser/settled.ts';
import { syncedPair, withPeers } from '../browser/with-peers.ts';

export interface BrowserReconnect {
  /** all that crossed the data channels, both ways, from the start until it was quiet */
  readonly nothingNewBytes: number;
  readonly tenNewBytes: number;
  /** from the start of the one that comes back, until it has the ten */
  readonly tenNewMs: number;
}

const NEW_DOCUMENTS = 10;

export async function measureBrowserReconnect(
  lab: Lab,
  candidate: Candidate,
  count: number,
  timeoutMs: number,
): Promise<Outcome<BrowserReconnect>> {
  return withPeers(lab, candidate, 2, timeoutMs, async (peers) => {
    const [sender, receiver] = await syncedPair(peers, count);
    const meetAgain = async (): Promise<number> => {
      const before = (await peers.traffic()).bytesSent;
      await peers.start(receiver);
      await meshed(peers);
      return (await quietTraffic(peers)) - before;
    };
    await quietTraffic(peers);
    await receiver.call('stop');
    const nothingNewBytes = await meetAgain();
    await receiver.call('stop');
    await sender.call('insert', NEW_DOCUMENTS, count);
    const startedAt = Date.now();
    const came = receiver.call('arrived', count + NEW_DOCUMENTS);
    const tenNewBytes = await meetAgain();
    const tenNewMs = (await came) - startedAt;
    for (const peer of peers.all) await peer.call('verify', count + NEW_DOCUMENTS, {});
    return { nothingNewBytes, tenNewBytes, tenNewMs };
  });
}
