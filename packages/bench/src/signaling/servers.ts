/** The servers, each as its own documentation starts it, with limits out of the way: all clients have one address here. */
import { createServer } from 'node:net';
import { PeerServer } from 'peer';
import { startSignalingServerSimplePeer } from 'rxdb/plugins/replication-webrtc';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import type { Dialect } from './dialects/dialect.ts';
import { PEERJS } from './dialects/peerjs.ts';
import { RXDB } from './dialects/rxdb.ts';
import { RXDB_P2P } from './dialects/rxdb-p2p.ts';

export type ServerName = 'rxdb-p2p' | 'RxDB' | 'peerjs-server';

const HOST = '127.0.0.1';
const ENOUGH = 1e9;

/** Listens, and resolves with its port. It ends with its process. */
export const STARTS: Readonly<Record<ServerName, () => Promise<number>>> = {
  async 'rxdb-p2p'() {
    const limits = {
      addressConnections: ENOUGH,
      addressConnectBurst: ENOUGH,
      addressRooms: ENOUGH,
      addressJoinBurst: ENOUGH,
      addressRequestBurst: ENOUGH,
      addressByteBurst: ENOUGH,
    };
    return (await createSignalingServer({ port: 0, host: HOST, limits })).port;
  },
  async RxDB() {
    const port = await freePort();
    await startSignalingServerSimplePeer({ port, host: HOST });
    return port;
  },
  async 'peerjs-server'() {
    const port = await freePort();
    return new Promise((resolve) => {
      PeerServer({ port, host: HOST, path: '/', allow_discovery: true }, () => resolve(port));
    });
  },
};

export const DIALECTS: Readonly<Record<ServerName, Dialect>> = {
  'rxdb-p2p': RXDB_P2P,
  RxDB: RXDB,
  'peerjs-server': PEERJS,
};

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
