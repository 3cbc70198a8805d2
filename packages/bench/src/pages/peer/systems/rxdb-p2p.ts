/** This project's plugin, as an application uses it. */
import { addRxPlugin } from 'rxdb';
import { type P2PPool, RxDBP2PPlugin } from 'rxdb-p2p';
import { filter, firstValueFrom } from 'rxjs';
import type { BenchDocument } from '../../../documents.ts';
import type { StartSetup } from '../api.ts';
import { openDatabase } from './rxdb-database.ts';
import type { PageSystem } from './system.ts';

export async function openRxdbP2P(name: string): Promise<PageSystem> {
  addRxPlugin(RxDBP2PPlugin);
  const { collection, store } = await openDatabase(name);
  const errors: string[] = [];
  let pool: P2PPool<BenchDocument> | undefined;
  let peers = 0;
  return {
    ...store,
    async start({ room, signaling, secret }: StartSetup): Promise<void> {
      pool = await collection.syncP2P(room, { signaling, secret });
      pool.error$.subscribe((error) => errors.push(`${error.code} ${error.message}`));
      pool.peers$.subscribe((snapshots) => {
        peers = snapshots.filter(({ phase }) => phase === 'catching-up' || phase === 'in-sync').length;
      });
    },
    async ready(): Promise<void> {
      if (pool !== undefined) await firstValueFrom(pool.status$.pipe(filter(({ phase }) => phase !== 'starting')));
    },
    connected: () => peers,
    errors: () => errors,
    async stop(): Promise<void> {
      await pool?.cancel();
    },
  };
}
