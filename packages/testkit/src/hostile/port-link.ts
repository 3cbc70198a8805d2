/** A link between two threads, over a MessagePort: for tests in which one end must not take time from the other. */
import type { MessagePort } from 'node:worker_threads';
import { createInbox, type Link } from 'rxdb-p2p/testing';

export interface PortLinkOptions extends Pick<Link, 'remoteId' | 'initiator' | 'room' | 'fingerprints'> {
  /** Told of each message that comes while this end is open. */
  readonly onTaken?: () => void;
}

const MAX_MESSAGE_BYTES = 64 * 1024;
/** What the other end gets in place of a message when this one closes. */
const CLOSED = null;

export function createPortLink(port: MessagePort, { onTaken, ...about }: PortLinkOptions): Link {
  const inbox = createInbox();
  let reason: string | undefined;
  let onClose: ((reason: string) => void) | undefined;

  function end(why: string): void {
    if (reason !== undefined) return;
    reason = why;
    inbox.end();
    port.close();
    onClose?.(why);
  }

  port.on('message', (message: Uint8Array | typeof CLOSED) => {
    if (reason !== undefined) return;
    if (message === CLOSED) {
      end('closed by the other side');
      return;
    }
    onTaken?.();
    if (!inbox.push(message)) end('too much came before anybody listened');
  });
  port.on('close', () => end('closed by the other side'));

  const close = (): void => {
    if (reason !== undefined) return;
    port.postMessage(CLOSED);
    end('closed');
  };
  return {
    ...about,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    // A port takes everything; what waits at the other end is not known here.
    bufferedBytes: 0,
    send(message) {
      if (reason === undefined) port.postMessage(message.slice());
    },
    onMessage: (listener) => inbox.listen(listener),
    onDrain: () => undefined,
    onClose(listener) {
      onClose = listener;
      if (reason !== undefined) listener(reason);
    },
    onDoubt: () => undefined,
    suspect: () => undefined,
    close,
    abandon: close,
  };
}
