/** Every frame there and back; long because each has its own generator and its own odd cases. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { P2PError } from '../errors.ts';
import { MAX_FRAME_BYTES, NOISE_FRAME_BYTES, PROOF_FRAME_BYTES } from '../limits.ts';
import { BYE_CODES, type Cursor, type Frame, REFUSE_CODES } from '../session/frames.ts';
import { PROOF_BYTES } from '../session/open-proof.ts';
import { base64url } from '../version/base64url.ts';
import { type Clock, MAX_TIMESTAMP } from '../version/clock.ts';
import { type Actor, compareStrings, type Dot } from '../version/dot.ts';
import type { Print } from '../version/fingerprint.ts';
import type { Envelope, Version } from '../version/head.ts';
import { bytesEqual, type Vector } from '../version/vector.ts';
import { DECODE_CODES } from './codes.ts';
import { decodeFrame, encodeFrame } from './frames.ts';
import { encodedVersionBytes } from './size.ts';

const CODES: ReadonlySet<string> = new Set(DECODE_CODES);
const BASE64URL = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];

function characters(length: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...BASE64URL), minLength: length, maxLength: length });
}

/** Few, so that frames name them again and again. */
const actor: fc.Arbitrary<Actor> = fc.oneof(
  fc.constantFrom('__defineGetter__', '__lookupSetter__', 'AAAAAAAAAAAAAAAA', '----------------', '________________'),
  characters(16),
);
/** Text of all sizes and scripts, and names that objects would trip over. */
const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', '__proto__', 'constructor', 'toString', '\ufeffbom', '\0', '\uffff', '👩‍👩‍👧', 'é'.repeat(64)),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'binary-ascii', maxLength: 140 }),
);
const uint = fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
const seq = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const uint32 = fc.oneof(fc.nat(300), fc.nat(2 ** 32 - 1), fc.constant(2 ** 32 - 1));
const channel = uint32.map((value) => Math.max(1, value));
const time = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: MAX_TIMESTAMP }), fc.constantFrom(0, MAX_TIMESTAMP));
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const bytes16 = bytesOf(16);

const clock: fc.Arbitrary<Clock> = fc.tuple(time, actor, seq).map(([t, a, s]) => ({ time: t, actor: a, seq: s }));

function vectorOf(entry: fc.Arbitrary<number>): fc.Arbitrary<Vector> {
  return fc
    .uniqueArray(fc.tuple(actor, entry), { maxLength: 6, selector: ([name]) => name })
    .map((entries) => new Map(entries.sort(([a], [b]) => compareStrings(a, b))));
}

const cursor: fc.Arbitrary<Cursor> = fc
  .tuple(characters(22), characters(11), uint)
  .map(([journal, epoch, lsn]) => ({ journal, epoch, lsn }));

const past: fc.Arbitrary<readonly Dot[]> = vectorOf(seq).map((vector) =>
  [...vector].map(([a, s]) => ({ actor: a, seq: s })),
);

const head: fc.Arbitrary<Envelope> = fc
  .tuple(
    clock,
    past,
    fc.boolean(),
    fc.uniqueArray(fc.tuple(text, clock), { maxLength: 4, selector: ([field]) => field }),
    fc.option(clock, { nil: undefined }),
  )
  .map(([own, dots, deleted, fields, floor]) => ({
    ...own,
    past: dots.filter((dot) => dot.actor !== own.actor),
    deleted,
    clocks: fields.map(([field, at]) => ({ field, ...at })).sort((a, b) => compareStrings(a.field, b.field)),
    ...(floor === undefined ? {} : { floor }),
  }));

const body = fc.oneof(fc.constant(undefined), fc.json({ stringUnit: 'binary', maxDepth: 2 }), text);
const contentHash = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(base64url);
const version: fc.Arbitrary<Version> = fc
  .tuple(text, head, body, contentHash)
  .map(([id, h, b, hash]) => (b === undefined ? { id, head: h, body: b, hash } : { id, head: h, body: b }));
const versions = fc.array(version, { maxLength: 5 });

const print: fc.Arbitrary<Print> = fc.tuple(bytes16, fc.boolean()).map(([sum, settled]) => ({ sum, settled }));

/** Ids that rise, with digests. */
const digests = fc
  .uniqueArray(
    fc.record({ id: text, digest: fc.uint8Array({ minLength: 8, maxLength: 8 }) }, { noNullPrototype: true }),
    {
      maxLength: 4,
      selector: ({ id }) => id,
    },
  )
  .map((items) => items.sort((a, b) => compareStrings(a.id, b.id)));

const haveEntries: fc.Arbitrary<readonly ['hash' | 'whole' | 'changes', Vector]> = fc.oneof(
  fc.constant(['hash', new Map()] as const),
  vectorOf(seq).map((entries) => ['whole', entries] as const),
  vectorOf(fc.oneof(fc.constant(0), seq)).map((entries) => ['changes', entries] as const),
);

const frame: fc.Arbitrary<Frame> = fc.oneof(
  seq.map((v): Frame => ({ type: 'version', version: v })),
  fc
    .tuple(bytes16, uint, fc.array(text, { maxLength: 4 }))
    .map(([session, t, features]): Frame => ({ type: 'hello', session, time: t, features })),
  bytesOf(NOISE_FRAME_BYTES).map((data): Frame => ({ type: 'noise', data })),
  bytesOf(PROOF_FRAME_BYTES).map((data): Frame => ({ type: 'proof', data })),
  fc
    .tuple(
      channel,
      bytesOf(PROOF_BYTES),
      text,
      uint,
      characters(43),
      fc.option(text, { nil: undefined }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([c, proof, collection, schemaVersion, schemaHash, handler, sends, receives]): Frame => {
      const mergeMode = handler === undefined ? 'fields' : `handler:${handler}`;
      return { type: 'open', channel: c, proof, collection, schemaVersion, schemaHash, mergeMode, sends, receives };
    }),
  fc
    .tuple(channel, fc.constantFrom(...REFUSE_CODES), text)
    .map(([c, code, t]): Frame => ({ type: 'refuse', channel: c, code, text: t })),
  channel.map((c): Frame => ({ type: 'close', channel: c })),
  fc
    .tuple(channel, bytes16, haveEntries, uint, fc.option(print))
    .map(([c, hash, [form, entries], pushedBytes, fingerprint]): Frame => {
      const have = { type: 'have', channel: c, hash, form, entries, pushedBytes } as const;
      return fingerprint === null ? have : { ...have, fingerprint };
    }),
  fc
    .tuple(channel, seq, vectorOf(seq), fc.option(cursor), uint)
    .map(([c, want, vector, at, credit]): Frame => ({ type: 'want', channel: c, want, vector, cursor: at, credit })),
  fc.tuple(channel, seq, uint).map(([c, want, bytes]): Frame => ({ type: 'credit', channel: c, want, bytes })),
  fc
    .tuple(channel, seq, versions, fc.option(cursor), fc.option(vectorOf(seq)), uint)
    .map(([c, want, list, at, claim, remaining]): Frame => {
      return { type: 'entries', channel: c, want, versions: list, cursor: at, claim, remaining };
    }),
  fc
    .tuple(channel, actor, fc.nat(2 ** 40), fc.integer({ min: 1, max: 2 ** 40 }), versions)
    .map(([c, author, previous, more, list]): Frame => {
      return { type: 'push', channel: c, actor: author, previous, seq: previous + more, versions: list };
    }),
  fc.tuple(channel, seq, digests, fc.boolean()).map(([c, want, [first, ...others], open]): Frame => {
    const ranges = others.map(({ id, digest }) => ({ last: id, digest }));
    const last = { last: open || ranges.length === 0 ? null : '\uffff'.repeat(3), digest: new Uint8Array(8) };
    return { type: 'compare', channel: c, want, after: first?.id ?? null, ranges: [...ranges, last] };
  }),
  fc
    .tuple(channel, seq, fc.option(text), digests)
    .map(([c, want, upTo, items]): Frame => ({ type: 'differ', channel: c, want, upTo, items })),
  fc.tuple(channel, seq, digests, text).map(([c, want, items, id]): Frame => {
    const ids = items.map((item) => item.id);
    return { type: 'fetch', channel: c, want, ids: ids.length === 0 ? [id] : ids };
  }),
  fc.tuple(fc.constantFrom('ping', 'pong'), uint32).map(([type, token]): Frame => ({ type, token })),
  fc.tuple(fc.constantFrom(...BYE_CODES), text).map(([code, t]): Frame => ({ type: 'bye', code, text: t })),
);

/** The code of what `action` throws, which must be a P2PError; undefined when it does not throw. */
function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof P2PError)) throw error;
    return error.code;
  }
}

describe('frames', () => {
  it('[WIRE-1] [WIRE-2] come back as they were', () => {
    fc.assert(
      fc.property(frame, (original) => {
        expect(decodeFrame(encodeFrame(original))).toStrictEqual(original);
      }),
      { numRuns: 3_000 },
    );
  });

  it('come back from the middle of a larger buffer, sharing nothing with it', () => {
    fc.assert(
      fc.property(frame, (original) => {
        const bytes = encodeFrame(original);
        const larger = new Uint8Array(bytes.length + 9).fill(0xff);
        larger.set(bytes, 4);
        const decoded = decodeFrame(larger.subarray(4, 4 + bytes.length));
        larger.fill(0xff);
        expect(decoded).toStrictEqual(original);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused when longer than either side allows', () => {
    fc.assert(
      fc.property(frame, (original) => {
        const { length } = encodeFrame(original);
        expect(encodeFrame(original, { maxFrameBytes: length }).length).toBe(length);
        expect(codeOf(() => encodeFrame(original, { maxFrameBytes: length - 1 }))).toBe('FRAME_TOO_LARGE');
        const bytes = encodeFrame(original);
        expect(codeOf(() => decodeFrame(bytes, { maxFrameBytes: length - 1 }))).toBe('FRAME_TOO_LARGE');
      }),
      { numRuns: 500 },
    );
    const tooLong = new Uint8Array(MAX_FRAME_BYTES + 1);
    expect(codeOf(() => decodeFrame(tooLong, { maxFrameBytes: Number.MAX_SAFE_INTEGER }))).toBe('FRAME_TOO_LARGE');
  });

  it('take at most three times the estimate of their versions', () => {
    fc.assert(
      fc.property(version, (one) => {
        const alone = encodeFrame({
          type: 'entries',
          channel: 1,
          want: 1,
          versions: [one],
          cursor: null,
          claim: null,
          remaining: 0,
        });
        const empty = encodeFrame({
          type: 'entries',
          channel: 1,
          want: 1,
          versions: [],
          cursor: null,
          claim: null,
          remaining: 0,
        });
        expect(alone.length - empty.length).toBeLessThanOrEqual(3 * encodedVersionBytes(one));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** One damage to bytes: where (as a share of the length), what, and with which byte. */
type Damage = readonly ['cut' | 'drop' | 'insert' | 'replace' | 'flip' | 'repeat' | 'maximum', number, number];

const damage: fc.Arbitrary<Damage> = fc.tuple(
  fc.constantFrom('cut', 'drop', 'insert', 'replace', 'flip', 'repeat', 'maximum'),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat(255),
);

function damaged(bytes: readonly number[], [kind, share, byte]: Damage): number[] {
  const at = Math.floor(share * bytes.length);
  const before = bytes.slice(0, at);
  switch (kind) {
    case 'cut':
      return before;
    case 'drop':
      return [...before, ...bytes.slice(at + 1 + (byte % 8))];
    case 'insert':
      return [...before, byte, ...bytes.slice(at)];
    case 'replace':
      return [...before, byte, ...bytes.slice(at + 1)];
    case 'flip':
      return [...before, (bytes[at] ?? 0) ^ (1 << (byte % 8)), ...bytes.slice(at + 1)];
    case 'repeat':
      return [...before, ...bytes.slice(at, at + byte), ...bytes.slice(at)];
    case 'maximum':
      return [...before, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, ...bytes.slice(at + 1)];
  }
}

/**
 * Matchers are asked only where something is wrong: they take longer than the decoder.
 *
 * @returns whether it is a frame
 */
function isOneFormOrRefused(bytes: Uint8Array): boolean {
  const code = codeOf(() => {
    const again = encodeFrame(decodeFrame(bytes));
    if (!bytesEqual(again, bytes)) expect(again).toEqual(bytes);
  });
  if (code !== undefined && !CODES.has(code)) expect(DECODE_CODES).toContain(code);
  return code === undefined;
}

describe('[WIRE-1] damaged frames', () => {
  it('are the one form of another frame, or refused with a code of the decoder', () => {
    let refused = 0;
    let taken = 0;
    const histories = fc.array(fc.array(damage, { minLength: 1, maxLength: 3 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(frame, histories, (original, damages) => {
        const bytes = [...encodeFrame(original)];
        for (const history of damages) {
          const bad = Uint8Array.from(history.reduce(damaged, bytes));
          if (isOneFormOrRefused(bad)) taken++;
          else refused++;
        }
      }),
      { numRuns: 2_500 },
    );
    expect(refused + taken).toBe(50_000);
    expect(refused).toBeGreaterThan(taken);
  });

  it('random bytes are refused, or the one form of a frame', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x52, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
        fc.uint8Array({ maxLength: 64 }),
        (type, rest) => {
          const bytes = Uint8Array.of(type, ...rest);
          isOneFormOrRefused(bytes);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
