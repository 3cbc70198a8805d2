/** What a hub offers on its connections: for each pool one channel, once the application has said what the peer may do. */
import { P2PError, type RefuseCode } from '@rxdb-p2p/protocol';
import type { Connection } from './connection.ts';
import type { OpenChannel, Registration } from './hub.ts';
import { NO_RIGHTS } from './rights.ts';
import { timeText } from './tab-names.ts';
import type { PeerRights } from './types.ts';

export interface Offers {
  /** Asks what the peer may do, and offers that much. */
  offer(connection: Connection, registration: Registration): void;
  /** Asks again about every peer; channels whose rights have changed are closed and offered anew. */
  recheck(registration: Registration): Promise<void>;
  /** A connection carries channels from now on, until `forget`. */
  begin(connection: Connection): void;
  forget(connection: Connection): void;
  /** Takes back what was offered. */
  withdraw(registration: Registration): void;
}

export interface OffersDeps {
  readonly isRegistered: (registration: Registration) => boolean;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  readonly nameChannel: () => string;
}

/** One pool on one connection. */
interface Offered {
  /** of the connection; undefined: nothing yet, or it was dropped */
  number: number | undefined;
  rights: PeerRights;
  open: OpenChannel | undefined;
  /** one of both sides has refused */
  refused: boolean;
  /** of the last question to the application: an answer to an earlier one is void */
  question: number;
}

export function createOffers({ isRegistered, wallClock, nameChannel }: OffersDeps): Offers {
  const offered = new Map<Connection, Map<Registration, Offered>>();

  async function askAndOffer(connection: Connection, registration: Registration): Promise<void> {
    const { peer } = connection;
    const pools = offered.get(connection);
    if (peer === null || pools === undefined) return;
    const current = pools.get(registration) ?? {
      number: undefined,
      rights: NO_RIGHTS,
      open: undefined,
      refused: false,
      question: 0,
    };
    pools.set(registration, current);
    const question = ++current.question;
    let rights = NO_RIGHTS;
    try {
      rights = await registration.rightsOf(peer.replica);
    } catch (error) {
      if (!(error instanceof P2PError)) throw error;
      registration.problem(error);
    }
    // Asked again meanwhile, or taken back.
    if (question !== current.question || pools.get(registration) !== current) return;
    if (connection.closed || !offered.has(connection) || !isRegistered(registration)) return;
    const { read, write } = current.rights;
    if (current.number !== undefined && read === rights.read && write === rights.write) return;
    takeBack(connection, registration, current);
    current.rights = rights;
    open(connection, registration, current, peer.replica);
  }

  /** [CONN-30] OPEN says no more than the peer may do; where that is nothing, there is none. */
  function open(connection: Connection, registration: Registration, current: Offered, replica: string): void {
    const { rights } = current;
    const sends = registration.offer.sends && rights.read;
    const receives = registration.offer.receives && rights.write;
    // [CONN-22] Nothing is judged by clocks but the peer itself, as long as it is here.
    const skew = clocksApart(connection, registration.maxClockDifferenceMs);
    const isDenied = !sends && !receives;
    const offer = { ...registration.offer, sends, receives };
    const judge = (refused: boolean): void => {
      current.refused = refused;
      weigh(connection);
    };
    judge(isDenied || skew !== undefined);
    current.number = connection.offer(offer, isDenied || skew !== undefined, {
      opened(channel, directions) {
        current.open = {
          id: nameChannel(),
          replica,
          directions,
          send: (frame) => connection.send(channel, frame),
          writable: () => connection.writable(),
          isReceiving: () => connection.receiving,
          violation: (text) => connection.end('PROTOCOL_ERROR', text),
          stalled: (text) => connection.end('TIMED_OUT', text),
          refuse: (code: RefuseCode, text: string) => connection.refuse(channel, code, text),
          route: () => connection.route(),
          drop() {
            if (current.number !== undefined) connection.withdraw(current.number);
            current.number = undefined;
            current.open = undefined;
            offered.get(connection)?.delete(registration);
          },
        };
        judge(false);
        registration.opened(current.open);
      },
      received(_, frame) {
        if (current.open !== undefined) registration.received(current.open, frame);
      },
      refused(_, code, text) {
        judge(true);
        registration.refused(replica, code, text);
      },
      closed: () => closed(registration, current),
    });
    if (skew !== undefined) registration.refused(replica, 'CLOCK_DIFFERS', skew.message, skew);
    else if (isDenied) registration.refused(replica, 'NOT_ALLOWED', 'the application does not let this peer in');
  }

  /** A connection on which all is refused takes no place from another one. */
  function weigh(connection: Connection): void {
    const pools = [...(offered.get(connection)?.values() ?? [])];
    connection.spare(pools.length > 0 && pools.every(({ refused }) => refused));
  }

  function closed(registration: Registration, current: Offered): void {
    const gone = current.open;
    current.open = undefined;
    if (gone !== undefined) registration.closed(gone);
  }

  function takeBack(connection: Connection, registration: Registration, current: Offered): void {
    const { number } = current;
    current.number = undefined;
    if (number !== undefined) connection.withdraw(number);
    closed(registration, current);
  }

  /** Both clocks, when they are too far apart. */
  function clocksApart({ peer }: Connection, maxMs: number): P2PError | undefined {
    const own = Math.round(wallClock());
    if (peer === null || Math.abs(peer.time - own) <= maxMs) return undefined;
    return new P2PError('CLOCK_DIFFERS', `the clocks of this device and of peer ${peer.replica} are too far apart`, {
      expected: `at most ${maxMs} ms`,
      got: `${timeText(own)} here, ${timeText(peer.time)} there`,
      hint: 'set the wrong one right and reload; the option `maxClockDifferenceMs` allows more',
    });
  }

  function offerSafely(connection: Connection, registration: Registration): Promise<void> {
    return askAndOffer(connection, registration).catch((cause: unknown) => {
      registration.problem(
        new P2PError('PROTOCOL_ERROR', 'a channel could not be offered', { cause, got: String(cause) }),
      );
    });
  }

  return {
    offer: (connection, registration) => void offerSafely(connection, registration),
    async recheck(registration) {
      // A channel that was dropped for a newer one stays away.
      const asked = [...offered].filter(([, pools]) => pools.has(registration));
      await Promise.all(asked.map(([connection]) => offerSafely(connection, registration)));
    },
    begin: (connection) => void offered.set(connection, new Map()),
    forget: (connection) => void offered.delete(connection),
    withdraw(registration) {
      for (const [connection, pools] of offered) {
        const current = pools.get(registration);
        if (current?.number !== undefined) connection.withdraw(current.number);
        if (pools.delete(registration)) weigh(connection);
      }
    },
  };
}
