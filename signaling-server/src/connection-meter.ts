/**
 * Counts what one WebSocket connection sends and leaves unread, below socket.io: packets of no event, of no
 * namespace, heartbeats and control frames count as well. Ends the connection when it goes on for too long.
 */
import type { Socket } from 'socket.io';
import type { AddressAccount } from './address-accounts.ts';
import { CUT_GRACE_MS, MAX_TURN_BYTES, type SignalingLimits } from './limits.ts';
import { createTokenBucket } from './token-bucket.ts';

export type EngineConnection = Socket['conn'];

export interface ConnectionMeter {
  /** Whether the client may make one more request now. */
  takeRequest(): boolean;
  /** Whether the request may be a join. */
  takeJoin(): boolean;
  /** Bytes for this client that the network has not taken yet. */
  waitingBytes(): number;
  /** True the first time: a connection carries one socket, or a client could leave any number of them behind. */
  admitSocket(): boolean;
}

export interface MeterDeps {
  readonly limits: SignalingLimits;
  readonly account: AddressAccount;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
  /** The connection goes too far and is about to end: the moment to tell its client. Once. */
  readonly onCut: () => void;
}

export function meterConnection(
  connection: EngineConnection,
  { limits, account, now, onCut }: MeterDeps,
): ConnectionMeter {
  const joins = createTokenBucket(limits.joinBurst, limits.joinsPerSecond, now);
  const requests = createTokenBucket(limits.requestBurst, limits.requestsPerSecond, now);
  const packets = createTokenBucket(limits.packetBurst, limits.packetsPerSecond, now);
  const bytes = createTokenBucket(limits.byteBurst, limits.bytesPerSecond, now);
  const link = connection.request.socket;
  let queuedBytes = 0;
  let admitted = false;
  let cutting = false;
  let turnBytes = 0;

  // engine.io keeps packets while the link is busy and hands them over all at once.
  connection.on('packetCreate', (packet: { readonly data?: string | Buffer }) => {
    queuedBytes += packet.data === undefined ? 1 : Buffer.byteLength(packet.data);
  });
  connection.on('flush', () => {
    queuedBytes = 0;
  });
  const waitingBytes = (): number => queuedBytes + link.writableLength;

  /** Node reads some 2 MiB of a busy link at once; the other clients would wait for all that is in it. */
  function takeTurn(length: number): void {
    turnBytes += length;
    if (turnBytes < MAX_TURN_BYTES || link.isPaused()) return;
    link.pause();
    setImmediate(() => {
      turnBytes = 0;
      if (!cutting) link.resume();
    });
  }

  /** Says why, reads nothing more, and leaves the client a moment to read it. */
  function cut(): void {
    if (cutting) return;
    cutting = true;
    onCut();
    connection.close();
    link.pause();
    setTimeout(() => link.destroy(), CUT_GRACE_MS).unref();
  }

  connection.on('packet', () => {
    // Requests that came before, often in one chunk with this packet, are answered first: RATE_LIMITED by now.
    if (!packets.take(1)) process.nextTick(cut);
  });
  // The link itself: a client can also flood with fragments, or with pings whose answers it leaves unread.
  link.on('data', (chunk: Buffer) => {
    takeTurn(chunk.length);
    if (waitingBytes() > 2 * limits.waitingBytes) link.destroy();
    else if (!bytes.take(chunk.length) || !account.bytes.take(chunk.length)) cut();
  });

  return {
    takeRequest: () => requests.take(1) && account.requests.take(1),
    takeJoin: () => joins.take(1) && account.joins.take(1),
    waitingBytes,
    admitSocket() {
      const first = !admitted;
      admitted = true;
      return first;
    },
  };
}
