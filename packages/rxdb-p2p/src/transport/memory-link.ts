/** The two ends of a link inside one process. Messages are passed on, not copied: a sender must not change them later. */
import { createInbox } from './inbox.ts';
import { MAX_QUEUED_BYTES } from './link-limits.ts';
import { createLane, type Lane, type LaneItem, type Wire } from './memory-lane.ts';
import type { Link } from './port.ts';

export interface Party {
  /** by which the network knows the pair */
  readonly name: string;
  /** what the other end sees */
  readonly id: string;
}

export interface MemoryLinkPair {
  readonly dialler: Link;
  readonly answerer: Link;
  /** Ends both at once; what is under way is lost. */
  drop(reason: string): void;
  /** Delivers what was held up, once nothing stalls it. */
  resume(): void;
}

/** @param ended told, before the owner of that end, that the end of a party has closed */
export function createMemoryLinkPair(
  wire: Wire,
  room: string,
  from: Party,
  to: Party,
  ended: (own: Party, remote: Party) => void,
): MemoryLinkPair {
  const out = createLane(wire, from.name, to.name, {
    receive: (item) => answerer.receive(item),
    drained: () => dialler.drained(),
  });
  const back = createLane(wire, to.name, from.name, {
    receive: (item) => dialler.receive(item),
    drained: () => answerer.drained(),
  });
  const dialler: End = createEnd(wire, { room, own: from, remote: to, lane: out, initiator: true, ended });
  const answerer: End = createEnd(wire, { room, own: to, remote: from, lane: back, initiator: false, ended });
  return {
    dialler,
    answerer,
    drop(reason) {
      out.drop();
      back.drop();
      dialler.end(reason);
      answerer.end(reason);
    },
    resume() {
      out.resume();
      back.resume();
    },
  };
}

interface End extends Link {
  receive(item: LaneItem): void;
  drained(): void;
  end(reason: string): void;
}

interface EndOptions {
  readonly room: string;
  readonly own: Party;
  readonly remote: Party;
  readonly lane: Lane;
  readonly initiator: boolean;
  readonly ended: (own: Party, remote: Party) => void;
}

/** Nothing is encrypted inside a process; both ends know each other by their names. */
function fingerprintOf({ id }: Party): Uint8Array {
  const fingerprint = new Uint8Array(32);
  fingerprint.set(new TextEncoder().encode(id).subarray(0, 32));
  return fingerprint;
}

function createEnd(wire: Wire, { room, own, remote, lane, initiator, ended }: EndOptions): End {
  const inbox = createInbox();
  let closed: string | undefined;
  let onClose: ((reason: string) => void) | undefined;
  let onDrain: (() => void) | undefined;

  function end(reason: string): void {
    if (closed !== undefined) return;
    closed = reason;
    ended(own, remote);
    // Messages that came before the end can be asked for until somebody is told of the end.
    if (onClose === undefined) return;
    inbox.end();
    onClose(reason);
  }

  function close(reason: string): void {
    if (closed !== undefined) return;
    lane.put('end');
    inbox.end();
    end(reason);
  }

  return {
    remoteId: remote.id,
    maxMessageBytes: wire.maxMessageBytes,
    initiator,
    room,
    fingerprints: { own: fingerprintOf(own), remote: fingerprintOf(remote) },
    get bufferedBytes() {
      return closed === undefined ? lane.bufferedBytes : 0;
    },
    send(message) {
      if (closed !== undefined) return;
      if (message.byteLength === 0) return close('message empty');
      if (message.byteLength > wire.maxMessageBytes) return close('message too large');
      if (lane.bufferedBytes + message.byteLength > MAX_QUEUED_BYTES) return close('send queue full');
      wire.sent(own.name, remote.name, message);
      lane.put(message);
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
    // This network tells both ends of everything.
    onDoubt: () => undefined,
    suspect: () => undefined,
    close: () => close('closed here'),
    abandon: () => close('abandoned here'),
    receive(item) {
      if (closed !== undefined) return;
      if (item === 'end') end('closed by the other side');
      else if (!inbox.push(item)) close('nobody listens');
    },
    drained() {
      if (closed === undefined) onDrain?.();
    },
    end,
  };
}
