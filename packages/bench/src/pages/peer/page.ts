/** One peer of the benchmark in a browser of its own: `globalThis.peer` is driven from outside. */
import { type BenchDocument, createDocument, createDocuments } from '../../documents.ts';
import type { Emission, OpenSetup, PeerApi, StartSetup, SteadyEdits } from './api.ts';
import { watchChannels } from './channel-watch.ts';
import { createLimits, type LimitsApi } from './limits.ts';
import { createRawChannel, type RawChannelApi } from './raw-channel.ts';
import { watchStorage } from './storage-watch.ts';
import { readStored } from './stored.ts';
import { openRxdbP2P } from './systems/rxdb-p2p.ts';
import { openRxdbWebrtc } from './systems/rxdb-webrtc.ts';
import type { PageSystem } from './systems/system.ts';
import { openYjs } from './systems/yjs.ts';

const OPEN: Readonly<Record<OpenSetup['system'], (database: string) => Promise<PageSystem>>> = {
  'rxdb-p2p': openRxdbP2P,
  rxdb: openRxdbWebrtc,
  yjs: openYjs,
};

/** Milliseconds without a change after which a sync has failed: many times what any system takes to connect, */
const IDLE_MS = 10_000;
/** and to read what it has, for each document. */
const IDLE_MS_PER_DOCUMENT = 0.3;
/** Documents of one insert. */
const INSERT_BATCH = 10_000;

function now(): number {
  return performance.timeOrigin + performance.now();
}

function createPeer(): PeerApi {
  const channels = watchChannels();
  const storageCalls = watchStorage();
  let opened: PageSystem | undefined;
  const emissions = new Map<string, Emission>();
  const waiting = new Map<string, (emission: Emission) => void>();
  const system = (): PageSystem => {
    if (opened === undefined) throw new Error('nothing is open');
    return opened;
  };
  return {
    async open({ system: name, database }: OpenSetup): Promise<void> {
      opened = await OPEN[name](database);
    },
    async insert(count: number, first: number): Promise<number> {
      let took = 0;
      for (let from = 0; from < count; from += INSERT_BATCH) {
        const documents = createDocuments(Math.min(INSERT_BATCH, count - from), first + from);
        const startedAt = now();
        await system().insert(documents);
        took += now() - startedAt;
      }
      return took;
    },
    async start(setup: StartSetup): Promise<number> {
      const startedAt = now();
      await system().start(setup);
      return startedAt;
    },
    ready: () => system().ready(),
    arrived(count: number): Promise<number> {
      const { arrivals, onArrival } = system();
      return new Promise((resolve, reject) => {
        let before = -1;
        const idleMs = IDLE_MS + count * IDLE_MS_PER_DOCUMENT;
        const idle = setInterval(() => {
          if (arrivals() === before)
            finish(() => reject(new Error(`${before} of ${count}, then none for ${idleMs} ms`)));
          before = arrivals();
        }, idleMs);
        const finish = (settle: () => void): void => {
          clearInterval(idle);
          settle();
        };
        const look = (): void => {
          if (arrivals() >= count) finish(() => resolve(now()));
        };
        onArrival(look);
        look();
      });
    },
    changes: () => system().arrivals(),
    connected: () => system().connected(),
    async edit(index: number, title: string): Promise<number> {
      const at = now();
      await system().edit(createDocument(index).id, title);
      return at;
    },
    async editSteadily({ first, documents, perSecond, seconds }: SteadyEdits): Promise<Record<number, string>> {
      const titles: Record<number, string> = {};
      const startedAt = now();
      const edits: Promise<void>[] = [];
      for (let edit = 0; edit < perSecond * seconds; edit += 1) {
        const due = startedAt + (edit * 1_000) / perSecond - now();
        if (due > 0) await new Promise((resolve) => setTimeout(resolve, due));
        const index = first + (edit % documents);
        titles[index] = `edit ${edit}`;
        edits.push(system().edit(createDocument(index).id, `edit ${edit}`));
      }
      await Promise.all(edits);
      return titles;
    },
    async watch(index: number): Promise<void> {
      system().watch(createDocument(index).id, (title) => {
        if (emissions.has(title)) return;
        const emission = { title, at: now() };
        emissions.set(title, emission);
        waiting.get(title)?.(emission);
      });
    },
    async emitted(title: string): Promise<Emission> {
      return emissions.get(title) ?? new Promise((resolve) => waiting.set(title, resolve));
    },
    async verify(count: number, titles: Readonly<Record<number, string>>): Promise<void> {
      const found = await system().read();
      if (found.length !== count) throw new Error(`${found.length} documents instead of ${count}`);
      found.forEach((document, index) => {
        const created = createDocument(index);
        const expected = { ...created, title: titles[index] ?? created.title };
        if (sorted(document) !== sorted(expected))
          throw new Error(`document ${index} differs: title ${document.title}`);
      });
    },
    traffic: channels.traffic,
    stored: readStored,
    storageCalls,
    errors: () => [...(opened?.errors() ?? []), ...channels.errors()],
    masterToken: () => system().masterToken(),
    isMaster: (own: string, other: string) => system().isMaster(own, other),
    stop: () => system().stop(),
    async remove(): Promise<void> {
      await opened?.remove();
      opened = undefined;
    },
  };
}

/** The same text for equal documents, whatever the order of their fields. */
function sorted(document: BenchDocument): string {
  return JSON.stringify(document, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

declare global {
  var peer: PeerApi;
  var rawChannel: RawChannelApi;
  var limits: LimitsApi;
}

globalThis.peer = createPeer();
globalThis.rawChannel = createRawChannel();
globalThis.limits = createLimits();
