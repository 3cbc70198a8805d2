/** Yjs: one Y.Map of the same documents by id, y-webrtc, y-indexeddb; all with their defaults. */
import { IndexeddbPersistence } from 'y-indexeddb';
import { WebrtcProvider } from 'y-webrtc';
import { Doc } from 'yjs';
import type { BenchDocument } from '../../../documents.ts';
import type { StartSetup } from '../api.ts';
import type { PageSystem } from './system.ts';

export async function openYjs(name: string): Promise<PageSystem> {
  const doc = new Doc();
  const map = doc.getMap<BenchDocument>('items');
  const persistence = new IndexeddbPersistence(name, doc);
  await persistence.whenSynced;
  let arrivals = 0;
  let provider: WebrtcProvider | undefined;
  const listeners: (() => void)[] = [];
  map.observe(({ keysChanged }) => {
    arrivals += keysChanged.size;
    for (const listener of listeners) listener();
  });
  return {
    async insert(documents: BenchDocument[]): Promise<void> {
      doc.transact(() => {
        for (const document of documents) map.set(document.id, document);
      });
    },
    async start({ room, signaling }: StartSetup): Promise<void> {
      provider = new WebrtcProvider(room, doc, { signaling: [signaling] });
    },
    ready: () => Promise.resolve(),
    arrivals: () => arrivals,
    onArrival: (listener: () => void) => void listeners.push(listener),
    connected: () => Array.from(provider?.room?.webrtcConns.values() ?? []).filter(({ connected }) => connected).length,
    async edit(id: string, title: string): Promise<void> {
      const before = map.get(id);
      if (before === undefined) throw new Error(`no document ${id}`);
      map.set(id, { ...before, title });
    },
    watch(id: string, listener: (title: string) => void): void {
      map.observe(({ keysChanged }) => {
        if (keysChanged.has(id)) listener(map.get(id)?.title ?? '');
      });
    },
    async read(): Promise<readonly BenchDocument[]> {
      return Array.from(map.keys())
        .sort()
        .map((id) => map.get(id))
        .filter((document) => document !== undefined);
    },
    errors: () => [],
    masterToken: () => Promise.resolve(''),
    isMaster: () => Promise.resolve(false),
    async stop(): Promise<void> {
      provider?.destroy();
      provider = undefined;
    },
    async remove(): Promise<void> {
      provider?.destroy();
      await persistence.clearData();
      doc.destroy();
    },
  };
}
