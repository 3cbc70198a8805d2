/** Two pages that hold the same documents meet again: with nothing new, and with ten new ones. */
import type { Lab } from '../browser/lab.ts';
import { attempt, type Outcome } from '../browser/outcome.ts';
import { type Candidate, openPeers, type Peers } from '../browser/peers.ts';
import { meshed, quietTraffic } from '../browser/settled.ts';

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
  let peers: Peers | undefined;
  const outcome = await attempt(
    timeoutMs,
    async () => {
      peers = await openPeers(lab, candidate, 2);
      const [sender, receiver] = peers.all;
      if (sender === undefined || receiver === undefined) throw new Error('no pair');
      await sender.call('insert', count, 0);
      const arrived = receiver.call('arrived', count);
      await Promise.all([sender, receiver].map(peers.start));
      await arrived;
      const meetAgain = async (): Promise<number> => {
        const before = (await peers?.traffic())?.bytesSent ?? 0;
        await peers?.start(receiver);
        if (peers !== undefined) await meshed(peers);
        return ((await (peers && quietTraffic(peers))) ?? 0) - before;
      };
      await quietTraffic(peers);
      await receiver.call('stop');
      const nothingNewBytes = await meetAgain();
      await receiver.call('stop');
      await sender.call('insert', NEW_DOCUMENTS, count);
      const startedAt = Date.now();
      const came = receiver.call('arrived', count + NEW_DOCUMENTS).then((at) => at - startedAt);
      const tenNewBytes = await meetAgain();
      const tenNewMs = await came;
      for (const peer of peers.all) await peer.call('verify', count + NEW_DOCUMENTS, {});
      return { nothingNewBytes, tenNewBytes, tenNewMs };
    },
    async () => (await peers?.errors()) ?? [],
  );
  await peers?.remove().catch(() => undefined);
  return outcome;
}
