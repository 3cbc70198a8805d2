/** What no peer may send and no caller may encode, rule by rule; long because there are as many rules. */
import { describe, expect, it } from 'vitest';
import { P2PError } from '../errors.ts';
import * as limits from '../limits.ts';
import { BYE_CODES, type EntriesFrame, type Frame, REFUSE_CODES } from '../session/frames.ts';
import { MAX_TIMESTAMP } from '../version/clock.ts';
import type { Head, Version } from '../version/head.ts';
import { decodeFrame, encodeFrame } from './frames.ts';

const A = 'AAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBB';
const MAX_UINT = Number.MAX_SAFE_INTEGER;

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest /= 128n) bytes.push(Number(rest % 128n) + 128);
  return [...bytes, Number(rest)];
}

function decode(...bytes: readonly number[]): Frame {
  return decodeFrame(Uint8Array.from(bytes));
}

/** The error that `action` throws. */
function refusal(action: () => unknown): P2PError {
  try {
    action();
  } catch (error) {
    if (error instanceof P2PError) return error;
    throw error;
  }
  throw new Error('expected a refusal, got none');
}

function expectMalformed(...bytes: readonly number[]): void {
  expect(refusal(() => decode(...bytes)).code).toBe('FRAME_MALFORMED');
}

/** ENTRIES on channel 1 for WANT 1 with these bytes for versions. */
function entries(...versions: readonly number[]): number[] {
  return [0x08, 1, 0, 1, 0, ...versions];
}

/** `entries` with one version `x` of A, seq 1, time 0, whose history is these bytes. */
function history(flags: number, ...bytes: readonly number[]): number[] {
  return entries(1, flags, 1, 0x78, 0, ...ascii(A), 1, 0, ...bytes);
}

function entriesOf(...versions: readonly Version[]): EntriesFrame {
  return { type: 'entries', channel: 1, want: 1, versions, cursor: null, claim: null, remaining: 0 };
}

function versionWith(head: Partial<Head>, rest: Partial<Version> = {}): EntriesFrame {
  const whole = { time: 0, actor: A, seq: 1, past: [], deleted: false, clocks: [], ...head };
  return entriesOf({ id: 'x', head: whole, body: '{}', ...rest });
}

function expectUnencodable(frame: Frame): void {
  expect(refusal(() => encodeFrame(frame)).code).toBe('FRAME_UNENCODABLE');
}

describe('frames', () => {
  it('[WIRE-1] nothing, and something after the end', () => {
    expectMalformed();
    expectMalformed(0x0a, 0, 0);
  });

  it('[WIRE-1] errors say where, what was expected and what was got', () => {
    const error = refusal(() => decode(...history(0x02, 1, 0, 1), 0));
    expect(error.message).toBe(
      'FRAME_MALFORMED: past of version 0, entries frame, byte 30; expected an actor other than its own; got its own',
    );
  });

  it('[WIRE-6] types without a frame', () => {
    const known = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x52];
    for (let type = 0; type < 256; type++) {
      if (known.includes(type)) continue;
      expect(refusal(() => decode(type, 0, 0, 0)).code).toBe('FRAME_UNKNOWN_TYPE');
    }
  });

  it('[WIRE-6] flags and choices without a meaning', () => {
    expectMalformed(0x0c, BYE_CODES.length, 0);
    expectMalformed(0x03, 1, REFUSE_CODES.length, 0);
    expectMalformed(...history(0x30));
    expectMalformed(0x06, 1, 0x02, 1, 0, 0);
    expectMalformed(0x05, 1, 0x03, ...new Array<number>(16).fill(0), 0, 0);
    // No fingerprint, and it is not settled.
    expectMalformed(0x05, 1, 0x08, ...new Array<number>(16).fill(0), 0);
  });

  it('[WIRE-14] what is almost VERSION', () => {
    expectMalformed(...ascii('RXP2Q'), 1);
    expectMalformed(...ascii('RXP2P'), 0);
    expectMalformed(...ascii('RXP2P'));
    expectMalformed(...ascii('RTSP/1.0 200 OK'));
    expect(decode(...ascii('RXP2P'), ...varint(MAX_UINT))).toEqual({ type: 'version', version: MAX_UINT });
  });

  it('[WIRE-15] another merge mode', () => {
    const open: Frame = {
      type: 'open',
      channel: 1,
      proof: new Uint8Array(32),
      collection: 'c',
      schemaVersion: 0,
      schemaHash: 'h'.repeat(43),
      mergeMode: 'handler:',
      sends: true,
      receives: false,
    };
    expect(decodeFrame(encodeFrame(open))).toEqual(open);
    expectUnencodable({ ...open, mergeMode: 'handler' });
    expectMalformed(
      0x02,
      1,
      1,
      ...new Array<number>(32).fill(0),
      1,
      0x63,
      0,
      ...ascii('h'.repeat(43)),
      6,
      ...ascii('Fields'),
    );
  });

  it('channels outside 1 to 2^32 − 1, a PUSH that does not go on', () => {
    expectMalformed(0x04, 0);
    expectMalformed(0x04, ...varint(2 ** 32));
    expectUnencodable({ type: 'close', channel: 0 });
    expectMalformed(0x09, 1, ...ascii(A), 5, 5, 0);
    expectMalformed(0x09, 1, ...ascii(A), ...varint(MAX_UINT), ...varint(MAX_UINT), 0);
    expectUnencodable({ type: 'push', channel: 1, actor: A, previous: 5, seq: 5, versions: [] });
  });

  it('a HAVE of the form `hash` that lists entries', () => {
    const hash = new Uint8Array(16);
    const have = { type: 'have', channel: 1, hash, form: 'hash', pushedBytes: 0 } as const;
    expectUnencodable({ ...have, entries: new Map([[A, 1]]) });
    expectUnencodable({ ...have, entries: new Map(), hash: new Uint8Array(15) });
  });

  it('[WIRE-2] values that are not of their type', () => {
    for (const token of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32]) {
      expectUnencodable({ type: 'ping', token });
    }
    expectUnencodable({ type: 'bye', code: 'NO_SUCH_CODE' as 'CLOSED', text: '' });
  });
});

describe('repairs', () => {
  const digest = new Array<number>(8).fill(7);

  it('[WIRE-19] ranges and ids that do not rise, no range, no id', () => {
    const ranges = (flags: number, ...rest: readonly number[]): number[] => [0x0d, 1, flags, 1, ...rest];
    expect(decode(...ranges(2, 2, 1, 0x61, ...digest, ...digest))).toMatchObject({
      ranges: [{ last: 'a' }, { last: null }],
    });
    expectMalformed(...ranges(0, 0));
    expectMalformed(...ranges(0, 2, 1, 0x62, ...digest, 1, 0x61, ...digest));
    expectMalformed(...ranges(1, 1, 0x62, 1, 1, 0x62, ...digest));
    expectMalformed(...ranges(4, 1, 1, 0x61, ...digest));
    expectMalformed(0x0e, 1, 0, 1, 2, 1, 0x61, ...digest, 1, 0x61, ...digest);
    expectMalformed(0x0e, 1, 2, 1, 0);
    expectMalformed(0x0f, 1, 1, 0);
    expectMalformed(0x0f, 1, 1, 2, 1, 0x62, 1, 0x61);
    const question = { type: 'compare', channel: 1, want: 1, after: null } as const;
    const bytes = Uint8Array.from(digest);
    expectUnencodable({ ...question, ranges: [] });
    expectUnencodable({
      ...question,
      ranges: [
        { last: null, digest: bytes },
        { last: null, digest: bytes },
      ],
    });
    expectUnencodable({ ...question, ranges: [{ last: 'a', digest: bytes.slice(1) }] });
    expectUnencodable({ type: 'fetch', channel: 1, want: 1, ids: ['b', 'a'] });
  });
});

describe('elements', () => {
  it('[WIRE-3] longer forms of a number', () => {
    expectMalformed(0x0a, 0x80, 0x00);
    expectMalformed(0x0a, 0x85, 0x80, 0x00);
    expectMalformed(0x0a, 0xff, 0xff, 0xff, 0xff, 0x8f, 0x00);
  });

  it('[WIRE-3] numbers that a double cannot hold', () => {
    const credit = [0x07, 1, 1];
    expect(decode(...credit, ...varint(MAX_UINT))).toMatchObject({ bytes: MAX_UINT });
    expectMalformed(...credit, ...varint(2 ** 53));
    expectMalformed(...credit, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10);
    expectMalformed(...credit, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f);
    expectMalformed(...credit, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
  });

  it('[WIRE-4] bytes that are not UTF-8', () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      expectMalformed(0x0c, 0, bad.length, ...bad);
    }
  });

  it('[WIRE-4] half of a surrogate pair, in any text', () => {
    for (const bad of ['\ud800', 'a\udfff', '\udc00\ud800', `${'x'.repeat(100)}\ud83d`, '👧\ud83d👧']) {
      expectUnencodable({ type: 'bye', code: 'CLOSED', text: bad });
      expectUnencodable(versionWith({}, { id: bad }));
      expectUnencodable(versionWith({}, { body: bad }));
      expectUnencodable(versionWith({ clocks: [{ field: bad, time: 0, actor: A, seq: 1 }] }));
      const sound = versionWith({}, { body: JSON.stringify({ bad }) });
      expect(decodeFrame(encodeFrame(sound))).toStrictEqual(sound);
    }
  });

  it('[WIRE-4] keeps U+FEFF at the beginning and U+0000 anywhere', () => {
    for (const good of ['\ufeff', `\ufeff${'é'.repeat(99)}`, '\0\0', '\ufffd', '\u{10ffff}']) {
      const frame = versionWith({}, { id: good, body: good });
      expect(decodeFrame(encodeFrame(frame))).toStrictEqual(frame);
    }
  });

  it('[WIRE-4] text around every length at which its form changes', () => {
    for (const character of ['x', 'é', '日', '👧']) {
      for (const length of [
        0, 1, 15, 16, 31, 32, 42, 43, 47, 48, 49, 63, 64, 65, 126, 127, 128, 129, 5_461, 5_462, 16_384,
      ]) {
        const frame = versionWith({}, { body: character.repeat(length) });
        expect(decodeFrame(encodeFrame(frame))).toStrictEqual(frame);
      }
    }
  });

  it('[WIRE-5] lengths beyond the bytes that are there', () => {
    expectMalformed(0x0c, 0, 5, 0x78);
    expectMalformed(0x05, 1, 0, 1, 2, 3);
    expectMalformed(...entries(1, 0, ...varint(limits.MAX_ID_BYTES), 0x78));
  });

  it('[WIRE-5] lengths and numbers of entries beyond their limits', () => {
    const text = (length: number): number[] => [...varint(length), ...new Array<number>(length).fill(0x78)];
    const exceeding = [
      [0x0c, 0, ...text(limits.MAX_NAME_BYTES + 1)],
      [0x06, 1, 0, 1, 0, ...varint(limits.MAX_VECTOR_ENTRIES + 1)],
      entries(...varint(limits.MAX_VERSIONS_PER_FRAME + 1)),
      entries(1, 0, ...text(limits.MAX_ID_BYTES + 1)),
      history(0x02, ...varint(limits.MAX_PAST_ENTRIES + 1)),
      history(0x04, ...varint(limits.MAX_FIELD_CLOCKS + 1)),
      history(0x04, 1, 0, ...text(limits.MAX_FIELD_NAME_BYTES + 1), 0, 1, 0),
      history(0x00, ...varint(limits.MAX_BODY_BYTES + 1)),
      [0x06, 1, 0, 1, 0, ...varint(MAX_UINT)],
    ];
    for (const bytes of exceeding) expect(refusal(() => decode(...bytes)).code).toBe('FRAME_LIMIT_EXCEEDED');
  });

  it('[WIRE-5] numbers of entries without the bytes for them', () => {
    expectMalformed(0x06, 1, 0, 1, 0, ...varint(limits.MAX_VECTOR_ENTRIES), ...ascii(A), 1);
    expectMalformed(...entries(...varint(limits.MAX_VERSIONS_PER_FRAME), 0, 0));
    expectMalformed(...history(0x02, ...varint(limits.MAX_PAST_ENTRIES), 1));
    expectMalformed(...history(0x04, ...varint(limits.MAX_FIELD_CLOCKS), 1));
  });
});

describe('vectors and versions', () => {
  const want = (...vector: readonly number[]): number[] => [0x06, 1, 0, 1, 0, ...vector];

  it('[WIRE-8] entries that do not rise, and a seq of 0', () => {
    expect(decode(...want(2, ...ascii(A), 1, ...ascii(B), 1))).toMatchObject({ type: 'want' });
    expectMalformed(...want(2, ...ascii(B), 1, ...ascii(A), 1));
    expectMalformed(...want(2, ...ascii(A), 1, ...ascii(A), 1));
    expectMalformed(...want(1, ...ascii(A), 0));
    expectUnencodable({ type: 'want', channel: 1, want: 1, vector: new Map([[A, 0]]), cursor: null, credit: 0 });
  });

  it('actors, journals and epochs of other characters or lengths', () => {
    expectMalformed(...want(1, ...ascii('AAAAAAAAAAAAAAA='), 1));
    expectMalformed(...want(1, ...ascii('AAAAAAAAAAAAAAA'), 0xe9, 1));
    for (const bad of ['', 'short', 'seventeen_letters', 'sixteen letters!']) {
      expectUnencodable({ type: 'want', channel: 1, want: 1, vector: new Map([[bad, 1]]), cursor: null, credit: 0 });
      expectUnencodable(versionWith({ actor: bad }));
    }
    const cursor = { journal: 'j'.repeat(22), epoch: 'e'.repeat(11), lsn: 0 };
    for (const bad of [
      { journal: 'j'.repeat(21) },
      { epoch: 'e'.repeat(12) },
      { epoch: 'e'.repeat(10).concat('/') },
      { lsn: -1 },
    ]) {
      expectUnencodable({ ...entriesOf(), cursor: { ...cursor, ...bad } });
    }
  });

  it('[WIRE-9] a known name in full, an index beyond the table', () => {
    const second = (...actor: readonly number[]): number[] => {
      return entries(2, 0, 1, 0x78, 0, ...ascii(A), 1, 0, 0, 0, 1, 0x79, ...actor, 1, 0, 0);
    };
    expect(decode(...second(0))).toMatchObject({ versions: [{ id: 'x' }, { id: 'y', head: { actor: A } }] });
    expect(decode(...second(1, ...ascii(B)))).toMatchObject({
      versions: [{ id: 'x' }, { id: 'y', head: { actor: B } }],
    });
    expectMalformed(...second(1, ...ascii(A)));
    expectMalformed(...second(2, ...ascii(B)));
    expectMalformed(...history(0x04, 2, 0, 1, 0x61, 0, 1, 0, 1, 1, 0x61, 0, 1, 0, 0));
  });

  it('[WIRE-9] a fresh document costs its id, its body and about ten bytes', () => {
    const versions = Array.from({ length: 1_000 }, (_, i): Version => {
      const head = { time: 170_000_000_000_000 + i * 130, actor: A, seq: i + 1, past: [], deleted: false, clocks: [] };
      return { id: `document-${1_000 + i}`, head, body: 'x'.repeat(1_000) };
    });
    const perVersion = encodeFrame(entriesOf(...versions)).length / versions.length;
    expect(perVersion - 13 - 1_000).toBeLessThan(10.1);
  });

  it('[WIRE-10] times outside 0 to 2^52', () => {
    const at = (...time: readonly number[]): number[] => entries(1, 0, 0, 0, ...ascii(A), 1, ...time, 0);
    expect(decode(...at(...varint(2 ** 53)))).toMatchObject({ versions: [{ head: { time: MAX_TIMESTAMP } }] });
    expectMalformed(...at(1));
    expectMalformed(...history(0x08, 0, 1, 1, 0));
    expectMalformed(...entries(2, 0, 0, 0, ...ascii(A), 1, ...varint(2 ** 53), 0, 0, 0, 0, 2, 2, 0));
    for (const time of [-1, 0.5, Number.NaN, MAX_TIMESTAMP + 1]) {
      expectUnencodable(versionWith({ time }));
      expectUnencodable(versionWith({ floor: { time, actor: A, seq: 1 } }));
    }
  });

  it('[WIRE-10] times that jump as far as they can', () => {
    const times = [MAX_TIMESTAMP, 0, MAX_TIMESTAMP, MAX_TIMESTAMP, 0, 1];
    const versions = times.map((time): Version => {
      const clocks = times.map((at, i) => ({ field: String(i), time: at, actor: A, seq: 1 }));
      return { id: '', head: { time, actor: A, seq: 1, past: [], deleted: true, clocks }, body: '' };
    });
    expect(decodeFrame(encodeFrame(entriesOf(...versions)))).toStrictEqual(entriesOf(...versions));
  });

  it('[WIRE-11] pasts that do not rise, name the own actor, or are empty', () => {
    expect(decode(...history(0x02, 1, 1, ...ascii(B), 1), 0)).toMatchObject({
      versions: [{ head: { past: [{ actor: B }] } }],
    });
    expectMalformed(...history(0x02, 1, 0, 1, 0));
    expectMalformed(...history(0x02, 0, 0));
    expectMalformed(...history(0x02, 2, 1, ...ascii(B), 1, 1, 1, 0));
    expectMalformed(...history(0x02, 2, 1, ...ascii('CCCCCCCCCCCCCCCC'), 1, 2, ...ascii(B), 1, 0));
    expectMalformed(...history(0x02, 1, 1, ...ascii(B), 0, 0));
    expectUnencodable(versionWith({ past: [{ actor: A, seq: 1 }] }));
    expectUnencodable(
      versionWith({
        past: [
          { actor: B, seq: 1 },
          { actor: B, seq: 2 },
        ],
      }),
    );
    expectUnencodable(versionWith({ past: [{ actor: B, seq: 0 }] }));
    expectUnencodable(versionWith({ seq: 0 }));
  });

  it('[WIRE-11] clocks that do not rise by field, or are none', () => {
    expect(decode(...history(0x04, 2, 0, 1, 0x61, 0, 1, 0, 1, 1, 0x62, 0, 1, 0), 0)).toMatchObject({ type: 'entries' });
    expectMalformed(...history(0x04, 0, 0));
    expectMalformed(...history(0x04, 2, 0, 1, 0x62, 0, 1, 0, 1, 1, 0x61, 0, 1, 0, 0));
    expectMalformed(...history(0x04, 2, 0, 1, 0x61, 0, 1, 0, 0, 0, 1, 0, 0));
    const clock = { time: 0, actor: A, seq: 1 };
    expectUnencodable(
      versionWith({
        clocks: [
          { field: 'b', ...clock },
          { field: 'a', ...clock },
        ],
      }),
    );
    expectUnencodable(versionWith({ clocks: [{ field: 'a', ...clock, actor: '' }] }));
  });

  it('[WIRE-7] names that objects inherit are ordinary ids, fields, actors and features', () => {
    const clock = { time: 1, actor: '__defineGetter__', seq: 1 };
    const names = ['__proto__', 'constructor', 'hasOwnProperty'];
    const frame = entriesOf(
      ...names.map((id): Version => {
        return {
          id,
          head: { ...clock, past: [], deleted: false, clocks: names.map((field) => ({ field, ...clock })) },
          body: id,
        };
      }),
    );
    expect(decodeFrame(encodeFrame(frame))).toStrictEqual(frame);
  });
});
