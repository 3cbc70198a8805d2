/** This project's plugin, as an application uses it. */
import { addRxPlugin } from 'rxdb';
import { createTopicSecret, RxDBP2PPlugin, type TransportFactory } from 'rxdb-p2p';
import { filter, firstValueFrom } from 'rxjs';
import type { BenchCollection } from '../replicas.ts';
import type { Replication, System } from './system.ts';

const TOPIC = 'bench';

/** SPEC §1.8 and §1.4: a message with a whole frame begins with 0, and the frame with its type. */
const WHOLE = 0x00;
const PING = 0x0a;
const PONG = 0x0b;

/** @param secret of the topic; default: a new one */
export function createRxdbP2P(secret: string = createTopicSecret()): System {
  addRxPlugin(RxDBP2PPlugin);
  return {
    name: 'rxdb-p2p',
    inRealm: (makers) => makers.createRxdbP2P(secret),
    isKeepAlive: ([kind, type]: Uint8Array) => kind === WHOLE && (type === PING || type === PONG),
    async start(collection: BenchCollection, transport: TransportFactory): Promise<Replication> {
      const errors: Error[] = [];
      const pool = await collection.syncP2P(TOPIC, { transport, secret });
      let peers = 0;
      const subscription = pool.error$.subscribe((error) => errors.push(error));
      subscription.add(
        pool.peers$.subscribe((snapshots) => {
          peers = snapshots.filter(({ phase }) => phase === 'catching-up' || phase === 'in-sync').length;
        }),
      );
      return {
        peers: () => peers,
        async ready(): Promise<void> {
          await firstValueFrom(pool.status$.pipe(filter(({ phase }) => phase !== 'starting')));
        },
        errors: () => errors,
        async stop(): Promise<void> {
          subscription.unsubscribe();
          await pool.cancel();
        },
      };
    },
  };
}
