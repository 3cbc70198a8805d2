/** All connections of a transport, those included that are no longer, or not yet, links; and their end. */
import type { Timers } from '../../pool/timers.ts';
import { CLOSE_GRACE_MS } from '../link-limits.ts';
import type { PeerConnection, PeerConnectionEvents } from '../webrtc/peer-connection.ts';

type Connect = (initiator: boolean, events: PeerConnectionEvents) => PeerConnection;

export interface Living {
  readonly connect: Connect;
  /** They end by themselves within CLOSE_GRACE_MS; what an implementation does after that is not waited for. */
  settled(): Promise<void>;
}

export function createLiving(connect: Connect, timers: Timers): Living {
  const living = new Set<PeerConnection>();
  return {
    connect(initiator, events) {
      const connection = connect(initiator, events);
      living.add(connection);
      void connection.gone.then(() => living.delete(connection));
      return connection;
    },
    async settled() {
      let stopTimer = (): void => undefined;
      const tooLong = new Promise<void>((resolve) => {
        stopTimer = timers.after(CLOSE_GRACE_MS * 1.5, resolve);
      });
      await Promise.race([Promise.all([...living].map(({ gone }) => gone)), tooLong]);
      stopTimer();
    },
  };
}
