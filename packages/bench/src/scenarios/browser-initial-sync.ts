/** One page has documents, another has none; they meet. How long until the other has them all? */
import type { Lab } from '../browser/lab.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { Candidate, Peers } from '../browser/peers.ts';
import { pairOf, withPeers } from '../browser/with-peers.ts';
import { sleep } from '../waiting.ts';

export interface BrowserSync {
  /** from the first call of either page to the receiver's event for the last document */
  readonly ms: number;
  /** processor time of both browsers, all processes */
  readonly cpuMs: number;
  /** on the data channels, both ways */
  readonly bytes: number;
  readonly messages: number;
}

/** `both start`: nothing was prepared. `newcomer`: the sender's replication runs already when the receiver's starts. */
export type Meeting = 'both start' | 'newcomer';

const WARM_UP_DOCUMENTS = 300;
/** After it rxdb-p2p has nothing at hand of what its first start has read, milliseconds. */
const SETTLED_MS = 10_500;

export async function measureBrowserSync(
  lab: Lab,
  candidate: Candidate,
  meeting: Meeting,
  count: number,
  timeoutMs: number,
): Promise<Outcome<BrowserSync>> {
  return withPeers(lab, candidate, 2, timeoutMs, async (peers) => {
    await prepare(peers, meeting, count);
    const figures = await sync(peers, meeting, count);
    await verify(peers, count);
    return figures;
  });
}

/** All that comes before the time that counts. */
export async function prepare(peers: Peers, meeting: Meeting, count: number): Promise<void> {
  const [sender] = pairOf(peers);
  await sender.call('insert', count, 0);
  if (meeting === 'both start') return;
  await peers.start(sender);
  await sender.call('ready');
  await sleep(SETTLED_MS);
}

export async function sync(peers: Peers, meeting: Meeting, count: number): Promise<BrowserSync> {
  const [sender, receiver] = pairOf(peers);
  const arrived = receiver.call('arrived', count);
  const cpuBefore = await cpuOf(peers);
  const starting = meeting === 'both start' ? [sender, receiver] : [receiver];
  const started = await Promise.all(starting.map(peers.start));
  const ms = (await arrived) - Math.min(...started);
  const cpuMs = ((await cpuOf(peers)) - cpuBefore) * 1_000;
  const { bytesSent, messagesSent } = await peers.traffic();
  return { ms, cpuMs, bytes: bytesSent, messages: messagesSent };
}

export async function verify(peers: Peers, count: number): Promise<void> {
  for (const peer of peers.all) await peer.call('verify', count, {});
}

async function cpuOf(peers: Peers): Promise<number> {
  const seconds = await Promise.all(peers.all.map(({ browser }) => browser.cpuSeconds()));
  return seconds.reduce((sum, one) => sum + one, 0);
}

/** So that the pages' code is compiled, and each browser has opened a database and a data channel. */
export async function warmUp(lab: Lab, candidate: Candidate): Promise<void> {
  await measureBrowserSync(lab, candidate, 'both start', WARM_UP_DOCUMENTS, 30_000);
}
