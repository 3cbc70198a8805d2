/** RxDB's replication-webrtc with its simple-peer handler, as its documentation shows it. */
import {
  getConnectionHandlerSimplePeer,
  type RxWebRTCReplicationPool,
  replicateWebRTC,
  type SimplePeer,
} from 'rxdb/plugins/replication-webrtc';
import type { BenchDocument } from '../../../documents.ts';
import type { StartSetup } from '../api.ts';
import { openDatabase } from './rxdb-database.ts';
import type { PageSystem } from './system.ts';

export async function openRxdbWebrtc(name: string): Promise<PageSystem> {
  const { collection, store } = await openDatabase(name);
  const errors: string[] = [];
  let pool: RxWebRTCReplicationPool<BenchDocument, SimplePeer> | undefined;
  return {
    ...store,
    async start({ room, signaling, batchSize }: StartSetup): Promise<void> {
      const batch = batchSize === undefined ? {} : { batchSize };
      pool = await replicateWebRTC<BenchDocument, SimplePeer>({
        collection,
        topic: room,
        connectionHandlerCreator: getConnectionHandlerSimplePeer({ signalingServerUrl: signaling }),
        // RxDB writes its default batch size into the objects it is given.
        pull: { ...batch },
        push: { ...batch },
      });
      pool.error$.subscribe((error) => errors.push(error.message));
    },
    // All it does before it has a peer is done before its first promise resolves.
    ready: () => Promise.resolve(),
    connected: () => pool?.peerStates$.getValue().size ?? 0,
    errors: () => errors,
    async stop(): Promise<void> {
      await pool?.cancel();
    },
  };
}
