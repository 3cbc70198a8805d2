/**
 * A connection handler of RxDB's replication-webrtc for a transport of ours, in the place of simple-peer's. It does to
 * messages what that one does: JSON in pieces of 16 Ki characters, as UTF-8.
 */

import type {
  PeerWithMessage,
  PeerWithResponse,
  WebRTCConnectionHandler,
  WebRTCMessage,
  WebRTCResponse,
} from 'rxdb/plugins/replication-webrtc';
import type { Link, TransportFactory } from 'rxdb-p2p';
import { Subject } from 'rxjs';
import { createPieceReader, toPieces } from './json-pieces.ts';

/** Nothing goes through a server here. */
const NO_KEY: Uint8Array = new Uint8Array(32);

export function createRxdbHandler(factory: TransportFactory, topic: string): WebRTCConnectionHandler<Link> {
  const connect$ = new Subject<Link>();
  const disconnect$ = new Subject<Link>();
  const message$ = new Subject<PeerWithMessage<Link>>();
  const response$ = new Subject<PeerWithResponse<Link>>();
  const error$ = new Subject<never>();
  const links = new Set<Link>();
  let sent = 0;

  const transport = factory.create({
    onLink(link): void {
      const read = createPieceReader<WebRTCMessage | WebRTCResponse>();
      links.add(link);
      link.onMessage((bytes) => {
        const message = read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
        if (message === undefined) return;
        if ('method' in message) message$.next({ peer: link, message });
        else response$.next({ peer: link, response: message });
      });
      link.onClose(() => {
        links.delete(link);
        disconnect$.next(link);
      });
      connect$.next(link);
    },
    onProblem(problem): void {
      if (problem !== undefined) throw problem;
    },
  });
  // Joined once RxDB listens: it subscribes in the task in which it gets the handler.
  const joining = setImmediate(() => transport.join(topic, NO_KEY));

  return {
    connect$,
    disconnect$,
    message$,
    response$,
    error$,
    async send(link: Link, message: WebRTCMessage | WebRTCResponse): Promise<void> {
      sent += 1;
      for (const text of toPieces(message, `message-${sent}`)) link.send(Buffer.from(text));
    },
    async close(): Promise<void> {
      clearImmediate(joining);
      await transport.close();
      for (const link of [...links]) link.close();
      for (const subject of [connect$, disconnect$, message$, response$, error$]) subject.complete();
    },
  };
}
