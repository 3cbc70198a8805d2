/** RxDB's replication-webrtc, its own code unchanged, on a transport of ours. */

import { isMasterInWebRTCReplication, replicateWebRTC } from 'rxdb/plugins/replication-webrtc';
import type { Link, TransportFactory } from 'rxdb-p2p';
import type { BenchDocument } from '../documents.ts';
import type { BenchCollection, Replica } from '../replicas.ts';
import { createRxdbHandler } from './rxdb-handler.ts';
import type { Replication, System } from './system.ts';

/** Which side of a pair holds the documents at first. RxDB decides by chance which side is master. */
export type SenderRole = 'master' | 'fork';

export interface RxdbOptions {
  /** Documents per request. Default: RxDB's own, which is 20. */
  readonly batchSize?: number;
  /** Default: as it comes. */
  readonly sender?: SenderRole;
}

const TOPIC = 'bench';

export function createRxdbWebrtc({ batchSize, sender }: RxdbOptions = {}): System {
  const batch = batchSize === undefined ? {} : { batchSize };
  return {
    name: 'RxDB replication-webrtc',
    inRealm: (makers) => makers.createRxdbWebrtc(batch),
    isKeepAlive: () => false,
    async start(collection: BenchCollection, transport: TransportFactory): Promise<Replication> {
      const errors: Error[] = [];
      const pool = await replicateWebRTC<BenchDocument, Link>({
        collection,
        topic: TOPIC,
        connectionHandlerCreator: async () => createRxdbHandler(transport, TOPIC),
        // RxDB writes its default batch size into the objects it is given.
        pull: { ...batch },
        push: { ...batch },
      });
      const subscription = pool.error$.subscribe((error) => errors.push(error));
      return {
        peers: () => pool.peerStates$.getValue().size,
        // All it does before it has a peer is done before its first promise resolves.
        ready: () => Promise.resolve(),
        errors: () => errors,
        async stop(): Promise<void> {
          subscription.unsubscribe();
          await pool.cancel();
        },
      };
    },
    async order([a, b]: readonly [Replica, Replica]): Promise<readonly [Replica, Replica]> {
      if (sender === undefined) return [a, b];
      const [own, other] = await Promise.all([a.database.storageToken, b.database.storageToken]);
      const firstIsMaster = await isMasterInWebRTCReplication(a.database.hashFunction, own, other);
      return firstIsMaster === (sender === 'master') ? [a, b] : [b, a];
    },
  };
}
