/** Loads what a transport is made of when the first one starts: importing this package runs none of it. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { SimplePeerClass } from './simple-peer-class.ts';

export interface Libraries {
  readonly SimplePeer: SimplePeerClass;
  readonly io: typeof import('socket.io-client').io;
}

/** Never rejects; another call tries again what has failed. */
export async function loadLibraries(): Promise<Libraries | P2PError> {
  try {
    // The bundled build of simple-peer: the plain one needs Node's globals, which bundlers no longer provide.
    const [simplePeer, { io }] = await Promise.all([
      import('simple-peer/simplepeer.min.js'),
      import('socket.io-client'),
    ]);
    return { SimplePeer: simplePeer.default as SimplePeerClass, io };
  } catch (cause) {
    return new P2PError('TRANSPORT_NOT_LOADED', 'a part of the application could not be loaded', {
      got: cause instanceof Error ? cause.message : String(cause),
      hint: 'new attempts go on; a page that works offline has to keep all chunks of its build',
      cause,
    });
  }
}
