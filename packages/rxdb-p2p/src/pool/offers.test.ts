import type { ChannelOffer } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import type { ChannelHandlers, Connection } from './connection.ts';
import type { OpenChannel, Registration } from './hub.ts';
import { createOffers } from './offers.ts';
import type { PeerRights } from './types.ts';

const ALL: PeerRights = { read: true, write: true };
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** One pool, one connection of which everything that is offered opens at once, and what is said on it. */
function createWorld() {
  const said: string[] = [];
  const answers: ((rights: PeerRights) => void)[] = [];
  const channels: OpenChannel[] = [];
  const handlers = new Map<number, ChannelHandlers>();
  let last = 0;
  let spare = false;
  const connection = {
    peer: { replica: 'r'.repeat(43), time: 0 },
    closed: false,
    offer(offer: ChannelOffer, denied: boolean, given: ChannelHandlers) {
      last++;
      said.push(
        denied ? `deny ${last}` : `open ${last} ${offer.sends ? 'sends' : ''} ${offer.receives ? 'receives' : ''}`,
      );
      handlers.set(last, given);
      if (!denied) given.opened(last, { outgoing: offer.sends, incoming: offer.receives });
      return last;
    },
    spare(next: boolean) {
      if (next !== spare) said.push(next ? 'of no use' : 'of use');
      spare = next;
    },
    withdraw: (channel: number) => void said.push(`close ${channel}`),
  } as unknown as Connection;
  const registration = {
    offer: { sends: true, receives: true },
    maxClockDifferenceMs: Number.POSITIVE_INFINITY,
    rightsOf: () => new Promise<PeerRights>((resolve) => answers.push(resolve)),
    opened: (channel: OpenChannel) => void channels.push(channel),
    closed: () => void said.push('closed'),
    refused: (_: string, code: string) => void said.push(code),
  } as unknown as Registration;
  const offers = createOffers({ isRegistered: () => true, wallClock: () => 0, nameChannel: () => '1' });
  offers.begin(connection);
  const answer = async (rights: PeerRights): Promise<void> => {
    answers.shift()?.(rights);
    await turn();
  };
  return { offers, connection, registration, said, channels, answer };
}

describe('offers', () => {
  it('[CONN-30] follow the last answer of the application, not one that comes late', async () => {
    const { offers, connection, registration, said, answer } = createWorld();
    offers.offer(connection, registration);
    const asked = offers.recheck(registration);
    await answer(ALL);
    expect(said).toEqual([]);
    await answer({ read: true, write: false });
    await asked;
    expect(said).toEqual(['open 1 sends ']);
  });

  it('[CONN-30] are made anew where rights have changed, and stay where they have not', async () => {
    const { offers, connection, registration, said, answer } = createWorld();
    offers.offer(connection, registration);
    await answer(ALL);
    void offers.recheck(registration);
    await answer(ALL);
    expect(said).toEqual(['open 1 sends receives']);
    void offers.recheck(registration);
    await answer({ read: false, write: false });
    expect(said.slice(1)).toEqual(['close 1', 'closed', 'of no use', 'deny 2', 'NOT_ALLOWED']);
    void offers.recheck(registration);
    await answer(ALL);
    expect(said.slice(6)).toEqual(['close 2', 'of use', 'open 3 sends receives']);
  });

  it('[CONN-3] are not made again for a channel that was dropped for a newer one', async () => {
    const { offers, connection, registration, said, channels, answer } = createWorld();
    offers.offer(connection, registration);
    await answer(ALL);
    channels[0]?.drop();
    await offers.recheck(registration);
    expect(said).toEqual(['open 1 sends receives', 'close 1']);
  });

  it('are void once they are withdrawn, whatever the application answers then', async () => {
    const { offers, connection, registration, said, answer } = createWorld();
    offers.offer(connection, registration);
    offers.withdraw(registration);
    await answer(ALL);
    expect(said).toEqual([]);
  });
});
