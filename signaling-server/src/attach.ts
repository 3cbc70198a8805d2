import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { createHub } from './hub.ts';
import { checkOptions, type SignalingOptions } from './options.ts';
import { isSignalingRequest, refuseUpgrade } from './upgrade.ts';

export interface AttachedSignaling {
  /** Clients that are connected now. */
  readonly connections: number;
  /** Rooms that have a member now. */
  readonly rooms: number;
  /** False while Redis, where one is configured, does not answer: rooms are those of this process then. */
  readonly whole: boolean;
  /** False from the moment on when it closes: for a health check that keeps new clients away. */
  readonly open: boolean;
  /** Tells all clients to move on, over `drainMs`; ends all connections within about a second more, and lets go of the HTTP server, which stays open. May be called twice. */
  close(): Promise<void>;
}

/**
 * Adds signaling to a server that also does other things, at the WebSocket path `/socket.io/`. Its requests, and
 * WebSockets of other paths, are left to it.
 *
 * @throws P2PError BAD_OPTION
 */
export function attachSignaling(
  httpServer: HttpServer | HttpsServer,
  options: SignalingOptions = {},
): AttachedSignaling {
  const hub = createHub(checkOptions(options));

  function onUpgrade(request: IncomingMessage, link: Duplex, head: Buffer): void {
    if (isSignalingRequest(request)) hub.upgrade(request, link, head);
    // Node closes upgrades that nobody listens for. Being the only listener, so do we.
    else if (httpServer.listenerCount('upgrade') === 1) refuseUpgrade(link, 404, 'NOT_FOUND');
  }

  httpServer.on('upgrade', onUpgrade);
  return {
    get connections() {
      return hub.connections;
    },
    get rooms() {
      return hub.rooms;
    },
    get whole() {
      return hub.whole;
    },
    get open() {
      return hub.open;
    },
    async close() {
      await hub.close();
      httpServer.off('upgrade', onUpgrade);
    },
  };
}
