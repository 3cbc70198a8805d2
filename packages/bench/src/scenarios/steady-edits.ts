/** Several connected pages edit at a steady pace, each its own documents: what that costs. */
import type { Lab } from '../browser/lab.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { Candidate, Peers } from '../browser/peers.ts';
import { meshed, quietTraffic } from '../browser/settled.ts';
import { withPeers } from '../browser/with-peers.ts';

export interface SteadyCost {
  readonly edits: number;
  /** changes that pages were told of, beyond their own edits */
  readonly arrivals: number;
  readonly bytes: number;
  readonly cpuMs: number;
}

const DOCUMENTS_EACH = 10;
const PER_SECOND = 10;

export async function measureSteadyEdits(
  lab: Lab,
  candidate: Candidate,
  count: number,
  seconds: number,
  timeoutMs: number,
): Promise<Outcome<SteadyCost>> {
  return withPeers(lab, candidate, count, timeoutMs, async (peers) => {
    return await run(peers, seconds);
  });
}

async function run(peers: Peers, seconds: number): Promise<SteadyCost> {
  const documents = peers.all.length * DOCUMENTS_EACH;
  const [first] = peers.all;
  await first?.call('insert', documents, 0);
  const arrived = peers.all.map((peer) => peer.call('arrived', documents));
  for (const peer of peers.all) await peers.start(peer);
  await Promise.all(arrived);
  await meshed(peers);
  const before = { bytes: await quietTraffic(peers), cpu: await cpuOf(peers), changes: await changesOf(peers) };
  const edited = await Promise.all(
    peers.all.map((peer, index) =>
      peer.call('editSteadily', {
        first: index * DOCUMENTS_EACH,
        documents: DOCUMENTS_EACH,
        perSecond: PER_SECOND,
        seconds,
      }),
    ),
  );
  const cpuMs = ((await cpuOf(peers)) - before.cpu) * 1_000;
  const bytes = (await quietTraffic(peers)) - before.bytes;
  const titles = Object.assign({}, ...edited) as Record<number, string>;
  for (const peer of peers.all) await peer.call('verify', documents, titles);
  const edits = PER_SECOND * seconds * peers.all.length;
  return { edits, arrivals: (await changesOf(peers)) - before.changes - edits, bytes, cpuMs };
}

async function changesOf(peers: Peers): Promise<number> {
  const changes = await Promise.all(peers.all.map((peer) => peer.call('changes')));
  return changes.reduce((sum, one) => sum + one, 0);
}

async function cpuOf(peers: Peers): Promise<number> {
  const seconds = await Promise.all(peers.all.map(({ browser }) => browser.cpuSeconds()));
  return seconds.reduce((sum, one) => sum + one, 0);
}
