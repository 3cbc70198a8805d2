/** A connection from its first byte to its last, rule by rule; long because the rules of one state machine are read side by side. */
import { describe, expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../limits.ts';
import {
  createPair,
  createPeer,
  deliver,
  deliverOne,
  helloOf,
  LINK,
  meet,
  OFFER,
  openOf,
  type Peer,
} from '../testing/peers.ts';
import { ME } from '../testing/session.ts';
import type { ConnectionInput } from './connection-types.ts';
import type { ByeCode, Frame } from './frames.ts';
import { DEAD_AFTER_MS, DOUBTED_AFTER_MS, OWED_AFTER_MS, PING_AFTER_MS, STUCK_AFTER_MS } from './liveness.ts';
import type { SyncFrame } from './sync-types.ts';

const HELLO = helloOf('b');
const VERSION: Frame = { type: 'version', version: PROTOCOL_VERSION };
const PING: Frame = { type: 'ping', token: 7 };
const NOISE: Frame = { type: 'noise', data: new Uint8Array(48) };
const PROOF: Frame = { type: 'proof', data: new Uint8Array(112) };
const OPEN: Frame = openOf(createPair()[1], 1);
const HAVE: Frame = {
  type: 'have',
  channel: 1,
  hash: new Uint8Array(16),
  form: 'hash',
  entries: new Map(),
  pushedBytes: 0,
};
const CLOSE: Frame = { type: 'close', channel: 1 };

function started(): Peer {
  const peer = createPeer('a', false);
  peer.give({ type: 'start', now: 0 });
  return peer;
}

/** Two of which one has said HELLO, and neither has heard it. */
function proven(): readonly [Peer, Peer] {
  const pair = [createPeer('a', true), createPeer('b', false)] as const;
  for (const peer of pair) peer.give({ type: 'start', now: 0 });
  const [a, b] = pair;
  while (a.state.phase !== 'hello' || b.state.phase !== 'hello') {
    deliverOne(a, b);
    if (a.state.phase !== 'hello') deliverOne(b, a);
  }
  return pair;
}

function expectEnd(peer: Peer, code: ByeCode): void {
  expect(peer.outbox.at(-1)).toMatchObject({ type: 'bye', code });
  expect(peer.effects.at(-1)).toMatchObject({ type: 'end', code, byPeer: false });
  expect(peer.state.phase).toBe('closed');
}

describe('the beginning of a connection', () => {
  const types = (peer: Peer): string[] => peer.outbox.map(({ type }) => type);

  it('[CONN-1] [LINK-3] each side says VERSION, then the handshake, then HELLO, then knows the other', () => {
    const [a, b] = [createPeer('a', true), createPeer('b', false)];
    for (const peer of [a, b]) peer.give({ type: 'start', now: 0 });
    expect([types(a), types(b)]).toStrictEqual([['version', 'noise'], ['version']]);
    deliverOne(a, b);
    deliverOne(a, b);
    expect(types(b)).toStrictEqual(['version', 'noise', 'proof']);
    for (let i = 0; i < 3; i++) deliverOne(b, a);
    expect(a.outbox.map(({ type }) => type)).toStrictEqual(['proof', 'hello']);
    expect(a.outbox[1]).toStrictEqual(helloOf('a'));
    expect(a.effects).toStrictEqual([]);
    deliver(a, b);
    const [met] = a.effects;
    if (met?.type !== 'met') throw new Error('expected them to meet');
    const { type: _, ...said } = helloOf('b');
    expect(met.peer).toStrictEqual({ ...said, replica: b.replica });
    expect(b.effects).toMatchObject([{ type: 'met', peer: { replica: a.replica }, proven: { initiator: false } }]);
    expect(met.proven).toMatchObject({ replica: b.replica, initiator: true });
    expect(b.state.proven?.hash).toStrictEqual(met.proven.hash);
  });

  it.each([NOISE, PROOF, HELLO, PING, OPEN, HAVE, CLOSE])('[CONN-1] nothing comes before VERSION: $type', (frame) => {
    const peer = started();
    peer.hear(frame);
    expectEnd(peer, 'PROTOCOL_ERROR');
  });

  it.each([VERSION, HELLO, PING, OPEN, HAVE, CLOSE])('[CONN-1] nothing comes before the handshake: $type', (frame) => {
    const peer = started();
    peer.hear(VERSION);
    peer.hear(frame);
    expectEnd(peer, 'PROTOCOL_ERROR');
    expect(types(peer)).toStrictEqual(['version', 'bye']);
  });

  it.each([VERSION, NOISE, PROOF, PING, OPEN, HAVE, CLOSE])('[CONN-1] nothing comes before HELLO: $type', (frame) => {
    const [peer] = proven();
    peer.hear(frame);
    expectEnd(peer, 'PROTOCOL_ERROR');
    expect(peer.state.peer).toBeNull();
  });

  it.each([VERSION, NOISE, PROOF, HELLO])('[CONN-1] $type comes once', (frame) => {
    const [peer] = createPair();
    peer.hear(frame);
    expectEnd(peer, 'PROTOCOL_ERROR');
  });

  it.each([PROTOCOL_VERSION + 1, 0x7fffffff])('[CONN-1] another version, %i, ends it before HELLO', (version) => {
    const peer = started();
    peer.hear({ type: 'version', version });
    expectEnd(peer, 'VERSION_UNSUPPORTED');
    expect(peer.outbox.map(({ type }) => type)).toStrictEqual(['version', 'bye']);
  });

  it('[CONN-1] nothing is offered before HELLO', () => {
    const peer = started();
    expect(peer.give({ type: 'offer', offer: OFFER, denied: false })).toStrictEqual([]);
    expect(peer.state.local.size).toBe(0);
  });
});

describe('the end of a connection', () => {
  it.each(['version', 'handshake', 'hello', 'open'] as const)('[CONN-7] BYE ends it, in phase %s', (phase) => {
    const peer = phase === 'open' ? createPair()[0] : phase === 'hello' ? proven()[0] : started();
    if (phase === 'handshake') peer.hear(VERSION);
    expect(peer.state.phase).toBe(phase);
    const effects = peer.hear({ type: 'bye', code: 'DUPLICATE_CONNECTION', text: 'why' });
    expect(effects).toStrictEqual([{ type: 'end', code: 'DUPLICATE_CONNECTION', text: 'why', byPeer: true }]);
  });

  it('[CONN-7] is said with a code and a text that fits a frame', () => {
    const [peer] = createPair();
    peer.give({ type: 'end', code: 'CLOSED', text: 'é'.repeat(1_000) });
    expectEnd(peer, 'CLOSED');
    const [bye] = peer.outbox;
    expect(bye?.type === 'bye' && new TextEncoder().encode(bye.text).length).toBe(512);
  });

  it('[CONN-7] nothing follows it', () => {
    const [peer] = createPair();
    peer.offer();
    peer.give({ type: 'end', code: 'CLOSED', text: '' });
    const inputs = [
      { type: 'frame', frame: PING, now: 1 },
      { type: 'tick', now: 1e9, sent: 0, queued: 0 },
      { type: 'offer', offer: OFFER, denied: false },
      { type: 'withdraw', channel: 1 },
      { type: 'end', code: 'CLOSED', text: '' },
    ] as const;
    for (const input of inputs) expect(peer.give(input)).toStrictEqual([]);
  });
});

describe('keep-alive', () => {
  it('[CONN-8] a PING is answered with its token', () => {
    const [peer] = createPair();
    peer.hear(PING);
    expect(peer.outbox).toStrictEqual([{ type: 'pong', token: 7 }]);
    expect(peer.hear({ type: 'pong', token: 1 })).toStrictEqual([]);
  });

  const idle = (now: number): ConnectionInput => ({ type: 'tick', now, sent: 0, queued: 0 });
  /** What a peer says when it is looked after every 2.5 s, until some time. */
  function say(peer: Peer, from: number, until: number, at: (now: number) => ConnectionInput = idle): string[] {
    for (let now = from; now <= until; now += 2_500) peer.give(at(now));
    return peer.outbox.splice(0).map(({ type }) => type);
  }

  it('[CONN-8] silence is asked about once, and ends the connection when nothing comes', () => {
    const [peer] = createPair();
    expect(say(peer, 0, PING_AFTER_MS - 1)).toStrictEqual([]);
    expect(say(peer, PING_AFTER_MS, PING_AFTER_MS)).toStrictEqual(['ping']);
    expect(say(peer, PING_AFTER_MS, PING_AFTER_MS + DEAD_AFTER_MS - 1)).toStrictEqual([]);
    expect(say(peer, PING_AFTER_MS + DEAD_AFTER_MS, PING_AFTER_MS + DEAD_AFTER_MS)).toStrictEqual(['bye']);
    expect(peer.effects.at(-1)).toMatchObject({ type: 'end', code: 'TIMED_OUT' });
  });

  it('[CONN-8] any frame is a sign of life, and so is a part of one', () => {
    const [peer] = createPair();
    say(peer, 0, 15_000);
    peer.give({ type: 'frame', frame: { type: 'pong', token: 0 }, now: 15_000 });
    expect(say(peer, 17_500, 24_900)).toStrictEqual([]);
    peer.give({ type: 'heard', now: 24_900 });
    expect(say(peer, 25_000, 32_500)).toStrictEqual([]);
    expect(peer.state.phase).toBe('open');
  });

  it('[CONN-8] a peer that never gets to HELLO is dropped as well, without a PING', () => {
    const peer = started();
    say(peer, 0, PING_AFTER_MS + DEAD_AFTER_MS - 2_500);
    expect(peer.state.phase).toBe('version');
    expect(say(peer, PING_AFTER_MS + DEAD_AFTER_MS, PING_AFTER_MS + DEAD_AFTER_MS)).toStrictEqual(['bye']);
    expect(peer.effects.at(-1)).toMatchObject({ type: 'end', code: 'TIMED_OUT' });
  });

  it.each(['want', 'push'] as const)('[CONN-8] the answer to a %s is asked after sooner', (type) => {
    const [peer, other] = createPair();
    const channel = peer.offer();
    other.offer();
    deliver(peer, other);
    const frame: SyncFrame =
      type === 'want'
        ? { type, want: 1, vector: new Map(), cursor: null, credit: 1 }
        : { type, actor: ME, previous: 0, seq: 1, versions: [] };
    peer.give({ type: 'sync-frame', channel, frame, now: 0 });
    expect(say(peer, 0, OWED_AFTER_MS - 1)).toStrictEqual([type]);
    expect(say(peer, OWED_AFTER_MS, OWED_AFTER_MS + DEAD_AFTER_MS - 1)).toStrictEqual(['ping']);
    expect(peer.effects).toContainEqual({ type: 'suspect' });
    expect(say(peer, OWED_AFTER_MS + DEAD_AFTER_MS, OWED_AFTER_MS + DEAD_AFTER_MS)).toStrictEqual(['bye']);
  });

  it('[CONN-8] whoever slept asks first, and does not blame the peer for it', () => {
    const [peer] = createPair();
    say(peer, 0, PING_AFTER_MS);
    const woke = 60_000;
    expect(say(peer, woke, woke)).toStrictEqual(['ping']);
    expect(say(peer, woke + DOUBTED_AFTER_MS - 1, woke + DOUBTED_AFTER_MS - 1)).toStrictEqual([]);
    expect(say(peer, woke + DOUBTED_AFTER_MS, woke + DOUBTED_AFTER_MS)).toStrictEqual(['bye']);
  });

  it('[CONN-8] where there is a doubt, the answer has to come soon', () => {
    const [peer] = createPair();
    peer.give({ type: 'doubt', now: 1_000 });
    expect(say(peer, 1_000, 1_000)).toStrictEqual(['ping']);
    peer.give({ type: 'heard', now: 1_500 });
    expect(say(peer, 2_500, 7_500)).toStrictEqual([]);
    peer.give({ type: 'doubt', now: 8_000 });
    expect(say(peer, 8_000 + DOUBTED_AFTER_MS, 8_000 + DOUBTED_AFTER_MS)).toStrictEqual(['ping', 'bye']);
  });

  it('[CONN-8] a doubt about a peer that has been asked counts from that question', () => {
    const [peer] = createPair();
    expect(say(peer, 0, PING_AFTER_MS)).toStrictEqual(['ping']);
    peer.give({ type: 'doubt', now: PING_AFTER_MS + DOUBTED_AFTER_MS });
    expect(say(peer, PING_AFTER_MS + DOUBTED_AFTER_MS, PING_AFTER_MS + DOUBTED_AFTER_MS)).toStrictEqual([
      'ping',
      'bye',
    ]);
  });

  it('[CONN-8] a question that waits behind bytes which move has time; bytes that do not move are a dead link', () => {
    const [slow] = createPair();
    const moving = (now: number): ConnectionInput => ({ type: 'tick', now, sent: 1e6, queued: 1e6 - now });
    expect(say(slow, 0, 120_000, moving)).toStrictEqual(['ping']);
    const [stuck] = createPair();
    for (let now = 0; now < STUCK_AFTER_MS; now += 2_500) {
      stuck.give({ type: 'heard', now });
      stuck.give({ type: 'tick', now, sent: 1e6, queued: 1e6 });
    }
    expect(stuck.outbox).toStrictEqual([]);
    stuck.give({ type: 'tick', now: STUCK_AFTER_MS, sent: 1e6, queued: 1e6 });
    expectEnd(stuck, 'TIMED_OUT');
  });
});

describe('the proof of a topic', () => {
  const proofs = (peer: Peer): Uint8Array[] =>
    peer.outbox.flatMap((frame) => (frame.type === 'open' ? [frame.proof] : []));
  const OTHER = { room: 'app/other', openKey: new Uint8Array(32).fill(2) };

  it('[CONN-5] is another one in each direction, for each channel and on each connection', () => {
    const [a, b] = createPair();
    const [c] = meet();
    for (const peer of [a, b, c]) {
      peer.offer();
      peer.offer({ collection: 'notes' });
    }
    const all = [a, b, c].flatMap(proofs).map((proof) => Buffer.from(proof).toString('hex'));
    expect(new Set(all).size).toBe(6);
  });

  it('[CONN-5] a peer that does not have the topic gets neither an answer nor a channel', () => {
    const [a, b] = createPair();
    a.offer();
    b.offer(OTHER);
    deliver(a, b);
    expect([...a.news(), ...b.news()]).toStrictEqual([]);
  });

  it('[CONN-5] counts when the topic is opened here later', () => {
    const [a, b] = createPair();
    a.offer();
    a.offer(OTHER);
    deliver(a, b);
    b.offer(OTHER);
    b.offer();
    deliver(a, b);
    expect(a.news().map(({ type }) => type)).toStrictEqual(['opened', 'opened']);
    expect(b.news().map(({ type }) => type)).toStrictEqual(['opened', 'opened']);
  });

  it('[CONN-5] cannot be given back to the one who made it, nor used for another channel', () => {
    const [a, b] = createPair();
    a.offer();
    const [open] = a.outbox;
    if (open?.type !== 'open') throw new Error('expected OPEN');
    a.hear(open);
    expect(a.news()).toStrictEqual([]);
    b.offer();
    b.hear({ ...open, channel: 2 });
    expect(b.news()).toStrictEqual([]);
  });

  it('[CONN-5] cannot be carried from one connection to another one with the same replica', () => {
    const [[first], [, second]] = [meet(), meet()];
    first.offer();
    second.offer();
    const open = first.outbox.find(({ type }) => type === 'open');
    if (open === undefined) throw new Error('expected OPEN');
    second.hear(open);
    expect(second.effects.map(({ type }) => type)).toStrictEqual(['met']);
  });

  it('[CONN-23] a topic that was not proved has no channel: whoever goes on as if it had is told so', () => {
    const [a, b] = createPair();
    a.offer(OTHER);
    // It knows the name of the room, and the key of another topic.
    a.hear(openOf(b, 1, { room: OTHER.room }));
    expect(a.news()).toStrictEqual([]);
    a.hear(HAVE);
    expectEnd(a, 'TOPIC_UNPROVED');
  });

  it('[CONN-23] what was still on its way when a topic was closed here is no offence', () => {
    const [a, b] = createPair();
    const channel = a.offer();
    a.give({ type: 'withdraw', channel });
    b.offer();
    deliverOne(a, b);
    b.give({ type: 'sync-frame', channel: 1, frame: { ...HAVE } as SyncFrame, now: 0 });
    deliver(a, b);
    expect(a.state.phase).toBe('open');
  });
});

describe('a connection with somebody else at its end', () => {
  /** What the two end with when they are not on the same link. */
  function endsOf(mine: typeof LINK, theirs: typeof LINK): (ByeCode | 'none')[] {
    const pair = [createPeer('a', true, mine), createPeer('b', false, theirs)] as const;
    for (const peer of pair) peer.give({ type: 'start', now: 0 });
    deliver(...pair);
    return pair.map(({ effects }) => (effects[0]?.type === 'end' ? effects[0].code : 'none'));
  }

  it('[LINK-2] another secret, another room or another certificate ends it before anybody says who it is', () => {
    const { psk, binding } = LINK;
    const other = new Uint8Array(32).fill(99);
    expect(endsOf(LINK, LINK)).toStrictEqual(['none', 'none']);
    const unlike: (typeof LINK)[] = [
      { psk: other, binding },
      { psk, binding: { ...binding, room: 'app/other' } },
      { psk, binding: { ...binding, ownFingerprint: other } },
      { psk, binding: { ...binding, remoteFingerprint: other } },
    ];
    for (const link of unlike) {
      expect(endsOf(LINK, link)).toStrictEqual(['HANDSHAKE_UNREADABLE', 'HANDSHAKE_UNREADABLE']);
      expect(endsOf(link, LINK)).toStrictEqual(['HANDSHAKE_UNREADABLE', 'HANDSHAKE_UNREADABLE']);
    }
  });
});
