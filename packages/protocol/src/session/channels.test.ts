/** Channels of a connection, rule by rule; long because the rules of one state machine are read side by side. */
import { describe, expect, it } from 'vitest';
import { MAX_CHANNELS } from '../limits.ts';
import { createPair, deliver, deliverOne, OFFER, openOf, type Peer } from '../testing/peers.ts';
import { forSeeds } from '../testing/random.ts';
import { hashOf } from '../testing/session.ts';
import type { ChannelOffer, ConnectionEffect } from './connection-types.ts';
import type { RefuseCode } from './frames.ts';
import type { SyncFrame } from './sync-types.ts';

function types(effects: readonly ConnectionEffect[]): string[] {
  return effects.map((effect) => ('channel' in effect ? `${effect.type} ${effect.channel}` : effect.type));
}

/** A frame that can be told apart. */
function frameOf(pushedBytes: number): SyncFrame {
  return hashOf(new Map(), pushedBytes);
}

function send(peer: Peer, channel: number, mark = 0): void {
  peer.give({ type: 'sync-frame', channel, frame: frameOf(mark), now: 0 });
}

function received(effects: readonly ConnectionEffect[]): number[] {
  return effects.flatMap((effect) =>
    effect.type === 'received' && effect.frame.type === 'have' ? [effect.frame.pushedBytes] : [],
  );
}

function open(): readonly [Peer, Peer] {
  const [a, b] = createPair();
  a.offer();
  b.offer();
  deliver(a, b);
  a.news();
  b.news();
  return [a, b];
}

describe('a channel', () => {
  it('[CONN-2] opens when both have opened it, in whatever order', () => {
    const [a, b] = createPair();
    a.offer();
    deliver(a, b);
    expect([...a.news(), ...b.news()]).toStrictEqual([]);
    b.offer();
    expect(types(b.news())).toStrictEqual(['opened 1']);
    deliver(a, b);
    expect(types(a.news())).toStrictEqual(['opened 1']);
  });

  it('[CONN-2] carries frames under the sender’s number', () => {
    const [a, b] = createPair();
    b.offer({ collection: 'other' });
    a.offer();
    b.offer();
    deliver(a, b);
    a.news();
    b.news();
    send(b, 2, 42);
    expect(b.outbox).toMatchObject([{ type: 'have', channel: 2 }]);
    deliver(a, b);
    expect(a.news()).toStrictEqual([{ type: 'received', channel: 1, frame: frameOf(42) }]);
  });

  it('[CONN-2] carries nothing before it is open', () => {
    const [a, b] = createPair();
    a.offer();
    send(a, 1);
    deliver(a, b);
    expect(b.news()).toStrictEqual([]);
    send(a, 9);
    expect(a.outbox).toStrictEqual([]);
  });

  it('[CONN-2] is one for each collection of a room, and each room of a collection', () => {
    const [a, b] = createPair();
    const offers = [
      OFFER,
      { ...OFFER, collection: 'notes' },
      { ...OFFER, room: 'app/club', openKey: new Uint8Array(32).fill(2) },
    ];
    for (const offer of offers) a.offer(offer);
    for (const offer of [...offers].reverse()) b.offer(offer);
    deliver(a, b);
    expect(types(a.news()).sort()).toStrictEqual(['opened 1', 'opened 2', 'opened 3']);
    send(a, 3, 5);
    deliver(a, b);
    expect(b.news().at(-1)).toMatchObject({ type: 'received', channel: 1 });
  });

  const directions: [Partial<ChannelOffer>, Partial<ChannelOffer>, boolean, boolean][] = [
    [{}, {}, true, true],
    [{ sends: false }, {}, false, true],
    [{}, { receives: false }, false, true],
    [{ receives: false }, { sends: false }, true, false],
  ];
  it.each(directions)('[CONN-2] goes the ways that both want: %j and %j', (mine, theirs, outgoing, incoming) => {
    const [a, b] = createPair();
    a.offer(mine);
    b.offer(theirs);
    deliver(a, b);
    expect(a.news()).toMatchObject([{ directions: { outgoing, incoming } }]);
    expect(b.news()).toMatchObject([{ directions: { outgoing: incoming, incoming: outgoing } }]);
  });
});

describe('a refusal', () => {
  const differences: [RefuseCode, Partial<ChannelOffer>][] = [
    ['SCHEMA_VERSION_DIFFERS', { schemaVersion: 1, schemaHash: 't'.repeat(43) }],
    ['SCHEMA_DIFFERS', { schemaHash: 't'.repeat(43), mergeMode: 'handler:1' }],
    ['MERGE_MODE_DIFFERS', { mergeMode: 'handler:1' }],
    ['NOTHING_TO_EXCHANGE', { sends: false, receives: false }],
  ];
  it.each(differences)('[CONN-2] %s: both come to the same verdict by themselves', (code, theirs) => {
    const [a, b] = createPair();
    a.offer();
    b.offer(theirs);
    deliver(a, b);
    for (const peer of [a, b]) {
      expect(peer.news()).toMatchObject([{ type: 'refused', channel: 1, code }]);
      expect(peer.state.local.get(1)?.state).toBe('refused');
      expect(peer.state.phase).toBe('open');
    }
    send(a, 1);
    expect(a.outbox).toStrictEqual([]);
  });

  it('[CONN-2] two that only send, or only receive, have nothing to exchange', () => {
    for (const both of [{ sends: false }, { receives: false }]) {
      const [a, b] = createPair();
      a.offer(both);
      b.offer(both);
      deliver(a, b);
      expect(a.news()).toMatchObject([{ code: 'NOTHING_TO_EXCHANGE' }]);
    }
  });

  it('[CONN-2] by the peer alone ends an open channel', () => {
    const [a] = open();
    a.hear({ type: 'refuse', channel: 1, code: 'SCHEMA_DIFFERS', text: 'x' });
    expect(types(a.news())).toStrictEqual(['closed 1', 'refused 1']);
    a.hear({ type: 'refuse', channel: 1, code: 'SCHEMA_DIFFERS', text: 'x' });
    a.hear({ type: 'refuse', channel: 99, code: 'SCHEMA_DIFFERS', text: 'x' });
    expect(a.news()).toStrictEqual([]);
  });

  it('[CONN-2] is over when both open alike', () => {
    const [a, b] = createPair();
    a.offer();
    const old = b.offer({ schemaVersion: 1 });
    deliver(a, b);
    a.news();
    b.give({ type: 'withdraw', channel: old });
    b.offer();
    deliver(a, b);
    expect(types(a.news()).at(-1)).toMatch(/^opened/);
    expect(types(b.news()).at(-1)).toMatch(/^opened/);
  });

  it('[CONN-9] a peer that is not wanted learns a code, and nothing of what is here', () => {
    const [a, b] = createPair();
    a.offer({}, true);
    expect(a.outbox).toStrictEqual([]);
    b.offer({ schemaVersion: 5 });
    deliverOne(b, a);
    expect(a.outbox).toStrictEqual([{ type: 'refuse', channel: 1, code: 'NOT_ALLOWED', text: '' }]);
    deliver(a, b);
    expect(a.news()).toStrictEqual([]);
    expect(b.news()).toStrictEqual([{ type: 'refused', channel: 1, code: 'NOT_ALLOWED', text: '' }]);
    send(b, 1);
    expect(b.outbox).toStrictEqual([]);
    a.give({ type: 'withdraw', channel: 1 });
    expect(a.outbox).toStrictEqual([]);
  });

  it('[CONN-9] a peer that is wanted later is let in', () => {
    const [a, b] = createPair();
    const denied = a.offer({}, true);
    b.offer();
    deliver(a, b);
    b.news();
    a.give({ type: 'withdraw', channel: denied });
    a.offer();
    deliver(a, b);
    expect(types(a.news())).toStrictEqual(['opened 2']);
    expect(types(b.news())).toStrictEqual(['opened 1']);
  });

  it('[CONN-9] a peer that is not wanted any more loses its channel', () => {
    const [a, b] = open();
    a.offer({}, true);
    deliver(a, b);
    expect(types(a.news())).toStrictEqual(['closed 1']);
    expect(types(b.news())).toStrictEqual(['closed 1', 'renumbered 1', 'refused 2']);
  });

  it('[CONN-30] a peer whose rights change gets a channel with the others', () => {
    const [a, b] = open();
    a.give({ type: 'withdraw', channel: 1 });
    a.offer({ receives: false });
    // On its way when the rights changed: it belongs to a channel that is no more.
    send(b, 1, 7);
    deliver(a, b);
    const [opened] = b.news().filter(({ type }) => type === 'opened');
    expect(opened).toMatchObject({ directions: { outgoing: false, incoming: true } });
    const news = a.news();
    expect(received(news)).toStrictEqual([]);
    expect(news.at(-1)).toMatchObject({ type: 'opened', directions: { outgoing: true, incoming: false } });
  });

  it('[CONN-32] that is refused while it is open is silent on both sides, and both know why', () => {
    const [a, b] = open();
    a.give({ type: 'refuse', channel: 1, code: 'WRITE_NOT_ALLOWED', text: 'PUSH' });
    expect(types(a.news())).toStrictEqual(['closed 1', 'refused 1']);
    deliver(a, b);
    const refused = { type: 'refused', channel: 1, code: 'WRITE_NOT_ALLOWED', text: 'PUSH' };
    expect(b.news()).toStrictEqual([{ type: 'closed', channel: 1 }, refused]);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      send(from, 1);
      deliver(a, b);
      expect(to.news()).toStrictEqual([]);
    }
    a.give({ type: 'refuse', channel: 1, code: 'WRITE_NOT_ALLOWED', text: 'again' });
    expect(a.outbox).toStrictEqual([]);
  });
});

describe('numbers of channels', () => {
  it.each([1, 2])('[CONN-6] rise: OPEN of number %i after 2 ends the connection', (number) => {
    const [a, b] = createPair();
    a.hear(openOf(b, 2));
    a.hear(openOf(b, number, { collection: 'notes' }));
    expect(a.effects.at(-1)).toMatchObject({ type: 'end', code: 'PROTOCOL_ERROR' });
  });

  it.each(['have', 'close'] as const)(
    '[CONN-6] %s under a number that was never opened ends the connection',
    (type) => {
      const [a] = createPair();
      a.hear(type === 'close' ? { type, channel: 1 } : { ...frameOf(0), channel: 1 });
      expect(a.effects.at(-1)).toMatchObject({ type: 'end', code: 'PROTOCOL_ERROR' });
    },
  );

  it('[CONN-10] no more than MAX_CHANNELS may be open; the peer that opens more loses its connection', () => {
    const [a, b] = createPair();
    for (let i = 1; i <= MAX_CHANNELS; i++) a.hear(openOf(b, i, { collection: `c${i}` }));
    a.hear({ type: 'close', channel: 1 });
    a.hear(openOf(b, MAX_CHANNELS + 1, { collection: 'one more' }));
    expect(a.effects.at(-1)?.type).not.toBe('end');
    a.hear(openOf(b, MAX_CHANNELS + 2, { collection: 'too many' }));
    expect(a.effects.at(-1)).toMatchObject({ type: 'end', code: 'PROTOCOL_ERROR' });
  });

  it('[CONN-10] what is offered beyond MAX_CHANNELS is refused here, and the connection stays', () => {
    const [a, b] = createPair();
    for (let i = 1; i <= MAX_CHANNELS; i++) a.offer({ collection: `c${i}` });
    a.offer({ collection: 'denied' }, true);
    const last = a.offer({ collection: 'too many' });
    expect(a.news()).toMatchObject([{ type: 'refused', channel: last, code: 'TOO_MANY_CHANNELS' }]);
    deliver(a, b);
    expect(b.state.phase).toBe('open');
    a.give({ type: 'withdraw', channel: last });
    a.give({ type: 'withdraw', channel: 1 });
    a.offer({ collection: 'now it fits' });
    deliver(a, b);
    expect(b.state.remote.size).toBe(MAX_CHANNELS);
    expect(a.news()).toStrictEqual([]);
  });
});

describe('closing and opening again', () => {
  it('[CONN-6] CLOSE ends the channel there; the other side opens anew, under another number, and waits', () => {
    const [a, b] = open();
    a.give({ type: 'withdraw', channel: 1 });
    expect(a.news()).toStrictEqual([]);
    deliver(a, b);
    expect(b.news()).toStrictEqual([
      { type: 'closed', channel: 1 },
      { type: 'renumbered', channel: 1, to: 2 },
    ]);
    expect(b.state.local.get(2)?.state).toBe('waiting');
    a.offer();
    deliver(a, b);
    expect(types(a.news())).toStrictEqual(['opened 2']);
    expect(types(b.news())).toStrictEqual(['opened 2']);
  });

  it('[CONN-6] what is under way when a channel closes is not taken for the next one', () => {
    const [a, b] = open();
    send(b, 1, 1);
    a.give({ type: 'withdraw', channel: 1 });
    a.offer();
    send(b, 1, 2);
    deliver(a, b);
    expect(received(a.news())).toStrictEqual([]);
    expect(a.state.phase).toBe('open');
    send(b, 2, 3);
    deliver(a, b);
    expect(received(a.news())).toStrictEqual([3]);
  });

  it('[CONN-6] both may close at once', () => {
    const [a, b] = open();
    a.give({ type: 'withdraw', channel: 1 });
    b.give({ type: 'withdraw', channel: 1 });
    deliver(a, b);
    expect([...a.news(), ...b.news()]).toStrictEqual([]);
    a.offer();
    b.offer();
    deliver(a, b);
    expect([...types(a.news()), ...types(b.news())]).toStrictEqual(['opened 2', 'opened 2']);
  });

  it('[CONN-3] a later OPEN of the same topic and collection replaces the older one at once', () => {
    const [a, b] = open();
    a.hear(openOf(b, 2));
    expect(types(a.news())).toStrictEqual(['closed 1', 'opened 1']);
    a.hear({ ...frameOf(1), channel: 1 });
    a.hear({ type: 'close', channel: 1 });
    expect(a.news()).toStrictEqual([]);
    a.hear({ ...frameOf(2), channel: 2 });
    expect(received(a.news())).toStrictEqual([2]);
    expect(b.state.phase).toBe('open');
  });

  it('[CONN-3] offering again closes the older channel first', () => {
    const [a, b] = open();
    a.offer();
    expect(types(a.news())).toStrictEqual(['closed 1']);
    expect(a.outbox).toMatchObject([
      { type: 'close', channel: 1 },
      { type: 'open', channel: 2 },
    ]);
    deliver(a, b);
    expect(types(a.news())).toStrictEqual(['opened 2']);
    expect(types(b.news())).toStrictEqual(['closed 1', 'renumbered 1', 'opened 2']);
    a.give({ type: 'withdraw', channel: 1 });
    deliver(a, b);
    send(b, 2, 4);
    deliver(a, b);
    expect(received(a.news())).toStrictEqual([4]);
  });

  it('[CONN-2] [CONN-6] whatever the two do, they agree in the end', () => {
    forSeeds(300, (random) => {
      const pair = createPair();
      const current = (side: 0 | 1): number | undefined => {
        return [...pair[side].state.local.keys()].at(-1);
      };
      for (let i = 0; i < 40; i++) {
        const side = random.int(2) as 0 | 1;
        const peer = pair[side];
        const channel = current(side);
        const step = random.next();
        if (step < 0.2) peer.offer({ schemaVersion: random.chance(0.2) ? 1 : 0 }, random.chance(0.1));
        else if (step < 0.35 && channel !== undefined) peer.give({ type: 'withdraw', channel });
        else if (step < 0.5 && channel !== undefined) send(peer, channel);
        else if (step < 0.75) deliverOne(pair[0], pair[1]);
        else deliverOne(pair[1], pair[0]);
      }
      for (const side of [0, 1] as const) pair[side].offer();
      deliver(...pair);
      for (const side of [0, 1] as const) {
        const peer = pair[side];
        expect(peer.state.phase).toBe('open');
        expect([...peer.state.local.values()].map(({ state }) => state)).toStrictEqual(['open']);
        const last = peer.effects.at(-1);
        expect(last?.type === 'opened' && peer.state.local.has(last.channel)).toBe(true);
        send(peer, current(side) ?? 0, 1_000 + side);
      }
      deliver(...pair);
      for (const side of [0, 1] as const) expect(received(pair[side].effects).at(-1)).toBe(1_001 - side);
    });
  });
});
