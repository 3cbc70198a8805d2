/** Peer connections on virtual time: what the mesh sees of WebRTC, on a network whose pairs can be cut. */
import { createInbox, type PeerConnection, type PeerConnectionEvents } from 'rxdb-p2p/testing';
import type { Random } from '../random.ts';
import type { VirtualTime } from '../virtual-time.ts';

export interface SimConnections {
  /** A connection of the device of this name. */
  connect(name: string, initiator: boolean, events: PeerConnectionEvents): PeerConnection;
  cut(a: string, b: string): void;
  heal(): void;
}

export interface SimConnectionsOptions {
  /** of one message, milliseconds */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Sees every message as it is sent. */
  readonly tap: (message: Uint8Array) => void;
}

interface End {
  readonly name: string;
  readonly connection: PeerConnection;
  other: End | undefined;
  open(): void;
  receive(item: Item): void;
  end(error: Error | undefined): void;
  /** what the network has not delivered yet, in order */
  readonly lane: { at: number; readonly held: Item[] };
}

/** `end`: nothing follows. */
type Item = Uint8Array | 'end';

/** When ICE notices that nothing comes any more, milliseconds. */
const NOTICED_MS: readonly [number, number] = [5_000, 15_000];
/** Of a frame; the chunks of larger ones would hide versions from the tap. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

export function createSimConnections(
  time: VirtualTime,
  random: Random,
  options: SimConnectionsOptions,
): SimConnections {
  const { minDelayMs, maxDelayMs } = options;
  const offers = new Map<string, End>();
  const living = new Set<End>();
  const cuts = new Set<string>();
  let lastOffer = 0;
  const delay = (): number => minDelayMs + random.next() * (maxDelayMs - minDelayMs);
  const isCut = (a: string, b: string): boolean => cuts.has([a, b].sort().join(' '));

  /** Messages of one direction keep their order, whatever their delays. */
  function transmit(from: End, item: Item): void {
    const { lane, other } = from;
    if (other === undefined) return;
    if (isCut(from.name, other.name)) return void lane.held.push(item);
    lane.at = Math.max(lane.at, time.now() + delay());
    time.after(lane.at - time.now(), () => {
      if (isCut(from.name, other.name)) lane.held.push(item);
      else other.receive(item);
    });
  }

  function pair(offerer: End, answerer: End): void {
    offerer.other = answerer;
    answerer.other = offerer;
    time.after(2 * delay(), () => {
      if (isCut(offerer.name, answerer.name)) return;
      for (const end of [offerer, answerer]) if (living.has(end)) end.open();
    });
  }

  function connect(name: string, initiator: boolean, events: PeerConnectionEvents): PeerConnection {
    const inbox = createInbox();
    let opened = false;
    let described = false;
    let tellGone: () => void;
    const gone = new Promise<void>((resolve) => {
      tellGone = resolve;
    });

    function end(error: Error | undefined): void {
      if (!living.delete(self)) return;
      time.after(0, () => {
        events.onEnd(error);
        tellGone();
      });
    }

    const connection: PeerConnection = {
      channel: undefined,
      inbox,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      get described() {
        return described;
      },
      get answers() {
        return self.other !== undefined && living.has(self) && !isCut(name, self.other.name);
      },
      route: () => Promise.resolve(undefined),
      gone,
      fingerprints: () => ({ own: new Uint8Array(32), remote: new Uint8Array(32) }),
      take(body) {
        if (described || !living.has(self)) return false;
        described = true;
        if (body.kind === 'offer') {
          const offerer = offers.get(body.sdp);
          if (offerer === undefined) return false;
          self.other = offerer;
          events.onSignal({ kind: 'answer', sdp: body.sdp });
          return true;
        }
        const answerer = [...living].find((end) => end.other === self);
        if (body.kind === 'answer' && answerer !== undefined) pair(self, answerer);
        return true;
      },
      send(message) {
        options.tap(message);
        transmit(self, message);
      },
      finish() {
        transmit(self, 'end');
        time.after(1_000, () => end(undefined));
      },
      destroy() {
        if (opened) transmit(self, 'end');
        end(undefined);
      },
    };
    const self: End = {
      name,
      connection,
      other: undefined,
      lane: { at: 0, held: [] },
      open() {
        opened = true;
        events.onOpen();
      },
      receive(item) {
        if (!living.has(self)) return;
        if (item === 'end') connection.destroy();
        else inbox.push(item);
      },
      end,
    };
    living.add(self);
    if (initiator) {
      const sdp = `v=0 ${lastOffer++}`;
      offers.set(sdp, self);
      time.after(0, () => {
        if (living.has(self)) events.onSignal({ kind: 'offer', sdp });
      });
    }
    return connection;
  }

  return {
    connect,
    cut(a, b) {
      cuts.add([a, b].sort().join(' '));
      for (const end of living) {
        const { name, other } = end;
        if (other === undefined || !isCut(name, other.name)) continue;
        const [min, max] = NOTICED_MS;
        time.after(min + random.next() * (max - min), () => {
          if (isCut(name, other.name)) end.end(new Error('nothing comes any more'));
        });
      }
    },
    heal() {
      cuts.clear();
      for (const end of living) for (const item of end.lane.held.splice(0)) transmit(end, item);
    },
  };
}
