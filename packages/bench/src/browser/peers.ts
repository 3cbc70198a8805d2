/** Pages of one system, each in a browser process of its own, for one measurement. */
import type { Page } from 'playwright-core';
import { createTopicSecret } from 'rxdb-p2p';
import type { OpenSetup, PeerApi, StartSetup, SystemName, Traffic } from '../pages/peer/api.ts';
import type { Browser } from './browsers.ts';
import type { Lab } from './lab.ts';

type Method = keyof PeerApi;

export interface Peer {
  readonly page: Page;
  readonly browser: Browser;
  call<M extends Method>(method: M, ...args: Parameters<PeerApi[M]>): Promise<Awaited<ReturnType<PeerApi[M]>>>;
}

/** What is measured: a system with its settings. */
export interface Candidate {
  readonly label: string;
  readonly system: SystemName;
  readonly batchSize?: number;
}

export interface Peers {
  /** Name of each page's database. */
  readonly database: string;
  readonly all: readonly Peer[];
  /** Begins to replicate in one page; resolves to when. */
  start(peer: Peer): Promise<number>;
  /** Sum over all pages: what each has sent. */
  traffic(): Promise<Traffic>;
  errors(): Promise<string[]>;
  /** Stops, closes and deletes. */
  remove(): Promise<void>;
}

/** Opens as many pages with empty databases; of RxDB's, the first is the master of the second. */
export async function openPeers(lab: Lab, candidate: Candidate, count: number): Promise<Peers> {
  const run = lab.nextName();
  const { system, batchSize } = candidate;
  const all = await Promise.all(
    Array.from({ length: count }, (_, index) => openPeer(lab, index, { system, database: run })),
  );
  if (system === 'rxdb' && count === 2) await masterFirst(all);
  const batch = batchSize === undefined ? {} : { batchSize };
  const setup: StartSetup = { room: run, signaling: lab.signaling[system], secret: createTopicSecret(), ...batch };
  return {
    database: run,
    all,
    start: (peer: Peer) => peer.call('start', setup),
    async traffic(): Promise<Traffic> {
      const parts = await Promise.all(all.map((peer) => peer.call('traffic')));
      return parts.reduce((sum, part) => ({
        bytesSent: sum.bytesSent + part.bytesSent,
        messagesSent: sum.messagesSent + part.messagesSent,
      }));
    },
    async errors(): Promise<string[]> {
      return (await Promise.all(all.map((peer) => peer.call('errors')))).flat();
    },
    async remove(): Promise<void> {
      await Promise.all(all.map((peer) => peer.call('stop')));
      await Promise.all(all.map((peer) => peer.call('remove')));
    },
  };
}

async function openPeer(lab: Lab, index: number, setup: OpenSetup): Promise<Peer> {
  const browser = await lab.browsers.get(index);
  const page = await browser.open();
  const peer: Peer = {
    page,
    browser,
    // The page's own type says that this method takes these arguments.
    call: (method, ...args) => {
      const answer = page.evaluate(
        ([name, given]) => (globalThis.peer[name] as (...values: unknown[]) => unknown)(...given),
        [method, args] as const,
      );
      // A measurement whose time ran out goes on until it asks a page that is closed; that must not end the others.
      answer.catch(() => undefined);
      return answer as never;
    },
  };
  await peer.call('open', setup);
  return peer;
}

/** RxDB decides by chance who is master of a pair, and a master's documents arrive sooner than a fork's. */
async function masterFirst(pair: Peer[]): Promise<void> {
  const [first, second] = pair;
  if (first === undefined || second === undefined) return;
  const [own, other] = await Promise.all([first.call('masterToken'), second.call('masterToken')]);
  if (!(await first.call('isMaster', own, other))) pair.reverse();
}
