/** A link over the data channel of an open peer connection. */
import { MAX_QUEUED_BYTES } from '../link-limits.ts';
import { LINK_DRAINED_BYTES, type Link, type LinkFingerprints } from '../port.ts';
import type { PeerConnection } from './peer-connection.ts';

/** Who ended a link: its owner here, the other side, or nobody: it broke, or its owner has found the other end gone. */
export type LinkEnd = 'here' | 'there' | 'broken';

export interface DataChannelLink extends Link {
  /** There is reason to doubt that the other end is there: its owner is to find out. */
  doubt(): void;
  /** Whether its owner has no use for it. */
  readonly isSpare: boolean;
  /** The connection below has ended. */
  ended(error: Error | undefined): void;
  /** Ends it and its connection at once. */
  abort(reason: string): void;
}

export interface DataChannelLinkOptions {
  readonly connection: PeerConnection;
  readonly remoteId: string;
  readonly initiator: boolean;
  readonly room: string;
  readonly fingerprints: LinkFingerprints;
  /** told once, before the owner of the link */
  readonly onEnd: (end: LinkEnd) => void;
  readonly onSuspicion: () => void;
  /** Its owner has another opinion of its use. */
  readonly onSpare: () => void;
}

export function createDataChannelLink({
  connection,
  remoteId,
  initiator,
  room,
  fingerprints,
  onEnd,
  onSuspicion,
  onSpare,
}: DataChannelLinkOptions): DataChannelLink {
  const { inbox, maxMessageBytes } = connection;
  let closed: string | undefined;
  let isSpare = false;
  let onClose: ((reason: string) => void) | undefined;
  let onDrain: (() => void) | undefined;
  let onDoubt: (() => void) | undefined;

  const { channel } = connection;
  if (channel !== undefined) {
    channel.bufferedAmountLowThreshold = LINK_DRAINED_BYTES;
    channel.addEventListener('bufferedamountlow', () => {
      if (closed === undefined && channel.bufferedAmount <= LINK_DRAINED_BYTES) onDrain?.();
    });
  }

  function end(reason: string, by: LinkEnd): void {
    if (closed !== undefined) return;
    closed = reason;
    onEnd(by);
    // Messages that came before the end can be asked for until somebody is told of the end.
    if (onClose === undefined) return;
    inbox.end();
    onClose(reason);
  }

  function close(reason: string): void {
    if (closed !== undefined) return;
    inbox.end();
    connection.finish();
    end(reason, 'here');
  }

  return {
    remoteId,
    maxMessageBytes,
    initiator,
    room,
    fingerprints,
    get bufferedBytes() {
      return closed === undefined ? (connection.channel?.bufferedAmount ?? 0) : 0;
    },
    route: () => (closed === undefined ? connection.route() : Promise.resolve(undefined)),
    send(message) {
      if (closed !== undefined) return;
      if (message.byteLength === 0) return close('message empty');
      if (message.byteLength > maxMessageBytes) return close('message too large');
      const queued = connection.channel?.bufferedAmount ?? 0;
      if (queued + message.byteLength > MAX_QUEUED_BYTES) return close('send queue full');
      try {
        connection.send(message);
      } catch (error) {
        close(`cannot send: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    onMessage: inbox.listen,
    onDrain(listener) {
      onDrain = listener;
    },
    onClose(listener) {
      onClose = listener;
      if (closed === undefined) return;
      inbox.end();
      listener(closed);
    },
    onDoubt(listener) {
      onDoubt = listener;
    },
    suspect: onSuspicion,
    get isSpare() {
      return isSpare;
    },
    spare(next) {
      if (next === isSpare || closed !== undefined) return;
      isSpare = next;
      onSpare();
    },
    close: () => close('closed here'),
    abandon() {
      if (closed !== undefined) return;
      inbox.end();
      end('the other end does not answer', 'broken');
      connection.destroy();
    },
    doubt() {
      if (closed === undefined) onDoubt?.();
    },
    ended(error) {
      if (error === undefined) end('closed by the other side', 'there');
      else end(`connection lost: ${error.message}`, 'broken');
    },
    abort(reason) {
      end(reason, 'there');
      connection.destroy();
    },
  };
}
