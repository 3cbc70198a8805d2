/** One edit, until the other page's query has emitted it; and what of that nobody can save. */
import type { Lab } from '../browser/lab.ts';
import { attempt, type Outcome } from '../browser/outcome.ts';
import type { Candidate } from '../browser/peers.ts';
import { meshed, quietTraffic } from '../browser/settled.ts';
import { syncedPair, withPeers } from '../browser/with-peers.ts';

export interface Latencies {
  /** of each edit */
  readonly ms: readonly number[];
}

const DOCUMENTS = 100;
/** Of a frame with one document. */
const PING_BYTES = 1_100;

export async function measureEditLatency(
  lab: Lab,
  candidate: Candidate,
  edits: number,
  timeoutMs: number,
): Promise<Outcome<Latencies>> {
  return withPeers(lab, candidate, 2, timeoutMs, async (peers) => {
    const [sender, receiver] = await syncedPair(peers, DOCUMENTS);
    await meshed(peers);
    await quietTraffic(peers);
    const titles: Record<number, string> = {};
    const ms: number[] = [];
    for (let index = 0; index < DOCUMENTS; index += 1) await receiver.call('watch', index);
    for (let edit = 0; edit < edits; edit += 1) {
      const index = edit % DOCUMENTS;
      const title = `edit ${edit}`;
      titles[index] = title;
      const emitted = receiver.call('emitted', title);
      const at = await sender.call('edit', index, title);
      ms.push((await emitted).at - at);
    }
    for (const peer of peers.all) await peer.call('verify', DOCUMENTS, titles);
    return { ms };
  });
}

/**
 * Times of messages there and back, as large as an edit.
 *
 * @param pauseMs between one that is back and the next; 0: they follow at once, so that all threads on the way are awake
 */
export function measurePings(lab: Lab, count: number, pauseMs: number, timeoutMs: number): Promise<Outcome<Latencies>> {
  return attempt(
    timeoutMs,
    async () => {
      const [sender, receiver] = await Promise.all([0, 1].map(async (index) => (await lab.browsers.get(index)).open()));
      if (sender === undefined || receiver === undefined) throw new Error('no pair');
      const offer = await sender.evaluate(() => globalThis.rawChannel.offer());
      const answer = await receiver.evaluate((given) => globalThis.rawChannel.answer(given), offer);
      await sender.evaluate((given) => globalThis.rawChannel.accept(given), answer);
      const ping = (times: number): Promise<number[]> =>
        sender.evaluate(([messages, bytes]) => globalThis.rawChannel.pings(messages, bytes), [
          times,
          PING_BYTES,
        ] as const);
      if (pauseMs === 0) return { ms: await ping(count) };
      const ms: number[] = [];
      while (ms.length < count) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        ms.push(...(await ping(1)));
      }
      return { ms };
    },
    async () => [],
  );
}

/** Times of an edit that nobody replicates: RxDB's own `incrementalPatch` on Dexie. */
export function measureLocalEdits(lab: Lab, count: number, timeoutMs: number): Promise<Outcome<Latencies>> {
  return attempt(
    timeoutMs,
    async () => {
      const page = await (await lab.browsers.get(1)).open();
      const given = [lab.nextName(), count] as const;
      return { ms: await page.evaluate(([name, times]) => globalThis.limits.patches(name, times), given) };
    },
    async () => [],
  );
}
