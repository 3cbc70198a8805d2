import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_ROOM_LENGTH, MAX_ROOM_SAMPLE, MAX_SIGNAL_LENGTH, MAX_TURN_SECONDS, SIGNALING_CODES } from './messages.ts';
import {
  MAX_REFUSAL_LENGTH,
  parseByeMessage,
  parseIncomingSignal,
  parseJoinReply,
  parseLeftMessage,
  parseOutgoingSignal,
  parseReply,
  parseRoomMessage,
  parseTurnMessage,
} from './validate.ts';

const ROOM = 'app/0123456789abcdef';
const signal = { room: ROOM, to: 'peer-1', data: 'sealed' };
const parsers = [
  parseRoomMessage,
  parseOutgoingSignal,
  parseJoinReply,
  parseReply,
  parseIncomingSignal,
  parseLeftMessage,
] as const;

/** JSON, and what a binary event, a getter or another realm could put in its place. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withTypedArray: true }),
);
/** Almost right: every field is either good or something else. */
const nearly = fc.record(
  {
    ok: fc.oneof(fc.boolean(), anything),
    room: fc.oneof(fc.constant(ROOM), anything),
    to: fc.oneof(fc.constant('peer-1'), anything),
    from: fc.oneof(fc.constant('peer-1'), anything),
    peer: fc.oneof(fc.constant('peer-1'), anything),
    self: fc.oneof(fc.constant('peer-1'), anything),
    members: fc.oneof(fc.array(fc.constantFrom('a', 'b', 'c')), fc.array(anything), anything),
    size: fc.oneof(fc.nat(), anything),
    code: fc.oneof(fc.constantFrom(...SIGNALING_CODES), anything),
    message: fc.oneof(fc.string(), anything),
    data: fc.oneof(fc.string(), anything),
  },
  { requiredKeys: [] },
);

describe('messages to a server', () => {
  it('takes a room and drops fields that it does not know', () => {
    expect(parseRoomMessage({ room: ROOM, admin: true })).toEqual({ ok: true, value: { room: ROOM } });
    expect(parseOutgoingSignal({ ...signal, from: 'somebody' })).toEqual({ ok: true, value: signal });
  });

  it.each([null, undefined, 1, 'room', [], [ROOM], () => ROOM, true, new Uint8Array(3)])('refuses %o', (input) => {
    expect(parseRoomMessage(input)).toMatchObject({ ok: false, code: expect.stringMatching(/^BAD_/) });
    expect(parseOutgoingSignal(input)).toMatchObject({ ok: false, code: expect.stringMatching(/^BAD_/) });
  });

  it.each(['', 'a b', 'a\n', 'ä', '\u0000', 'x'.repeat(MAX_ROOM_LENGTH + 1), 7, null, {}, ['a']])(
    'refuses the room %o',
    (room) => {
      expect(parseRoomMessage({ room })).toMatchObject({ ok: false, code: 'BAD_ROOM' });
      expect(parseOutgoingSignal({ ...signal, room })).toMatchObject({ ok: false, code: 'BAD_ROOM' });
    },
  );

  it('takes names of the language as names of rooms, being no keys of objects', () => {
    for (const room of ['__proto__', 'constructor', 'toString', 'x'.repeat(MAX_ROOM_LENGTH)]) {
      expect(parseRoomMessage(JSON.parse(`{"room":"${room}"}`))).toEqual({ ok: true, value: { room } });
    }
    expect(parseRoomMessage(JSON.parse('{"__proto__":{"room":"a"}}'))).toMatchObject({ code: 'BAD_ROOM' });
  });

  it('tells a signal that is too large from one that is none', () => {
    const longest = 'x'.repeat(MAX_SIGNAL_LENGTH);
    expect(parseOutgoingSignal({ ...signal, data: longest }).ok).toBe(true);
    expect(parseOutgoingSignal({ ...signal, data: `${longest}x` })).toMatchObject({ code: 'SIGNAL_TOO_LARGE' });
    for (const data of ['', 1, null, {}, undefined, ['x']]) {
      expect(parseOutgoingSignal({ ...signal, data })).toMatchObject({ code: 'BAD_MESSAGE' });
    }
    for (const to of ['', 'a/b', 'x'.repeat(65), 1, null, ['peer-1'], undefined]) {
      expect(parseOutgoingSignal({ ...signal, to })).toMatchObject({ code: 'BAD_MESSAGE' });
    }
  });
});

describe('messages to a client', () => {
  const joined = { ok: true, self: 'me', members: ['a', 'b'], size: 3 };

  it('takes what a server sends', () => {
    expect(parseJoinReply({ ...joined, more: 1 })).toEqual(joined);
    expect(parseReply({ ok: true, more: 1 })).toEqual({ ok: true });
    const refusal = { ok: false, code: 'NOT_IN_ROOM', message: 'join first' };
    expect(parseReply(refusal)).toEqual(refusal);
    expect(parseJoinReply(refusal)).toEqual(refusal);
    const incoming = { room: ROOM, from: 'a', data: 'sealed' };
    expect(parseIncomingSignal(incoming)).toEqual(incoming);
    expect(parseLeftMessage({ room: ROOM, peer: 'a' })).toEqual({ room: ROOM, peer: 'a' });
  });

  it.each([
    { members: Array.from({ length: MAX_ROOM_SAMPLE + 1 }, (_, index) => `p${index}`) },
    { members: ['a', 'a'] },
    { members: ['me'] },
    { members: ['a b'] },
    { members: [null] },
    { members: { length: 1, 0: 'a' } },
    { self: '' },
    { self: undefined },
    { size: -1 },
    { size: 1.5 },
    { size: Number.POSITIVE_INFINITY },
    { size: '3' },
    { ok: 1 },
  ])('does not take %o for the answer to a join', (wrong) => {
    expect(parseJoinReply({ ...joined, ...wrong })).toBeUndefined();
  });

  it('knows the codes of a refusal, and cuts its text', () => {
    expect(parseReply({ ok: false, code: 'toString', message: '' })).toBeUndefined();
    expect(parseReply({ ok: false, code: 'BAD_ROOM' })).toBeUndefined();
    const long = parseReply({ ok: false, code: 'BAD_ROOM', message: 'x'.repeat(100_000) });
    expect(long).toEqual({ ok: false, code: 'BAD_ROOM', message: 'x'.repeat(MAX_REFUSAL_LENGTH) });
  });

  it('does not take an oversized signal', () => {
    const incoming = { room: ROOM, from: 'a', data: 'x'.repeat(MAX_SIGNAL_LENGTH + 1) };
    expect(parseIncomingSignal(incoming)).toBeUndefined();
  });
});

describe('any input', () => {
  it('never makes a parser throw, and what one returns it takes again', () => {
    fc.assert(
      fc.property(fc.oneof(anything, nearly), (input) => {
        for (const parse of parsers) {
          const first: unknown = parse(input);
          if (first === undefined) continue;
          expect(JSON.stringify(first).length).toBeLessThan(2 * MAX_SIGNAL_LENGTH);
          const value = typeof first === 'object' && first !== null && 'value' in first ? first.value : first;
          if (parse === parseRoomMessage || parse === parseOutgoingSignal) {
            if (value !== first) expect(parse(value)).toEqual(first);
          } else {
            expect(parse(value)).toEqual(first);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('takes a goodbye with a known code, and not too many words', () => {
  const message = 'x'.repeat(1_000);
  expect(parseByeMessage({ code: 'RATE_LIMITED', message, more: 1 })).toEqual({
    code: 'RATE_LIMITED',
    message: message.slice(0, 500),
  });
  for (const bad of [null, [], 'RATE_LIMITED', {}, { code: '__proto__', message }, { code: 'RATE_LIMITED' }]) {
    expect(parseByeMessage(bad)).toBe(undefined);
  }
});

describe('a TURN server', () => {
  const good = { urls: ['turn:turn.example.org:3478?transport=udp'], username: '1:x', credential: 'y', seconds: 60 };

  it('is taken, and not for too long', () => {
    expect(parseTurnMessage({ ...good, more: 1 })).toEqual(good);
    expect(parseTurnMessage({ ...good, urls: ['turns:[2001:db8::1]:5349'], seconds: 1e300 })).toMatchObject({
      seconds: MAX_TURN_SECONDS,
    });
  });

  it.each([
    null,
    [],
    { urls: [] },
    { urls: 'turn:x' },
    { urls: ['stun:x'] },
    { urls: ['turn:a b'] },
    { urls: ['turn:x?transport=sctp'] },
    { urls: ['http://x'] },
    { urls: [`turn:${'x'.repeat(400)}`] },
    { urls: Array.from({ length: 9 }, () => 'turn:x') },
    { username: '' },
    { credential: 'x'.repeat(513) },
    { credential: null },
    { seconds: 0 },
    { seconds: Number.NaN },
    { seconds: '60' },
  ])('is not taken with %o', (wrong) => {
    expect(parseTurnMessage(wrong === null || Array.isArray(wrong) ? wrong : { ...good, ...wrong })).toBe(undefined);
  });
});
