import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { P2PError } from '../errors.ts';
import { MAX_FRAME_BYTES } from '../limits.ts';
import { createAssembler, MIN_MESSAGE_BYTES, splitIntoMessages } from './chunks.ts';
import { CHUNK_CODES } from './codes.ts';

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof P2PError)) throw error;
    return error.code;
  }
}

/** What an assembler makes of these messages: frames, and the code it ends with. */
function assemble(messages: readonly Uint8Array[], maxFrameBytes = MAX_FRAME_BYTES): (string | Uint8Array)[] {
  const assembler = createAssembler({ maxFrameBytes });
  const outcome: (string | Uint8Array)[] = [];
  for (const message of messages) {
    const code = codeOf(() => {
      const frame = assembler.push(message);
      if (frame !== undefined) outcome.push(frame);
    });
    if (code !== undefined) return [...outcome, code];
  }
  return outcome;
}

const frameBytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const messageLimit = fc.integer({ min: MIN_MESSAGE_BYTES, max: 80 });

const WHOLE = Uint8Array.of(0, 9);
const FIRST = Uint8Array.of(1, 0, 0, 0, 4, 7);
const MIDDLE = Uint8Array.of(2, 7);
const LAST = Uint8Array.of(3, 7);

describe('messages', () => {
  it('[WIRE-16] [WIRE-17] bring frames as they were, within the limit of a message', () => {
    fc.assert(
      fc.property(fc.array(frameBytes, { maxLength: 6 }), messageLimit, (frames, max) => {
        const messages = frames.flatMap((frame) => splitIntoMessages(frame, max));
        for (const message of messages) expect(message.length).toBeLessThanOrEqual(max);
        expect(assemble(messages)).toEqual(frames);
      }),
      { numRuns: 1_000 },
    );
  });

  it('[WIRE-16] have these bytes', () => {
    expect(splitIntoMessages(Uint8Array.of(9, 8), 16)).toEqual([Uint8Array.of(0, 9, 8)]);
    const frame = Uint8Array.from({ length: 40 }, (_, i) => i);
    expect(splitIntoMessages(frame, 16)).toEqual([
      Uint8Array.of(1, 0, 0, 0, 40, ...frame.slice(0, 11)),
      Uint8Array.of(2, ...frame.slice(11, 26)),
      Uint8Array.of(3, ...frame.slice(26, 40)),
    ]);
    expect(splitIntoMessages(frame.slice(0, 15), 16)).toHaveLength(1);
    expect(splitIntoMessages(frame.slice(0, 16), 16)).toHaveLength(2);
    expect(splitIntoMessages(frame.slice(0, 26), 16)).toHaveLength(2);
    expect(splitIntoMessages(frame.slice(0, 27), 16)).toHaveLength(3);
  });

  it('[WIRE-14] the first message of a link keeps its bytes for ever', () => {
    const version = Uint8Array.of(0x52, 0x58, 0x50, 0x32, 0x50, 0x01);
    expect(splitIntoMessages(version, 16 * 1024)).toEqual([Uint8Array.of(0, ...version)]);
  });

  it('[WIRE-16] are refused in any other order', () => {
    expect(assemble([MIDDLE])).toEqual(['CHUNK_OUT_OF_ORDER']);
    expect(assemble([LAST])).toEqual(['CHUNK_OUT_OF_ORDER']);
    expect(assemble([WHOLE, FIRST, WHOLE])).toEqual([Uint8Array.of(9), 'CHUNK_OUT_OF_ORDER']);
    expect(assemble([FIRST, FIRST])).toEqual(['CHUNK_OUT_OF_ORDER']);
    expect(assemble([FIRST, MIDDLE, MIDDLE, LAST, LAST])).toEqual([Uint8Array.of(7, 7, 7, 7), 'CHUNK_OUT_OF_ORDER']);
  });

  it('[WIRE-17] are refused when empty, of no kind, or not of the length that was named', () => {
    expect(assemble([Uint8Array.of()])).toEqual(['CHUNK_MALFORMED']);
    for (let kind = 4; kind < 256; kind++) expect(assemble([Uint8Array.of(kind, 1)])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([Uint8Array.of(0)])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([Uint8Array.of(1, 0, 0, 0, 4)])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([Uint8Array.of(1, 0, 0, 0, 1, 7)])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([FIRST, Uint8Array.of(2)])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([FIRST, LAST])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([FIRST, MIDDLE, MIDDLE, MIDDLE])).toEqual(['CHUNK_MALFORMED']);
    expect(assemble([FIRST, MIDDLE, Uint8Array.of(3, 7, 7, 7)])).toEqual(['CHUNK_MALFORMED']);
  });

  it('[WIRE-17] are refused when they bring, or name, too much', () => {
    expect(assemble([Uint8Array.of(0, 1, 2, 3)], 2)).toEqual(['FRAME_TOO_LARGE']);
    expect(assemble([FIRST], 3)).toEqual(['FRAME_TOO_LARGE']);
    expect(assemble([Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 1)])).toEqual(['FRAME_TOO_LARGE']);
    expect(assemble([FIRST, MIDDLE, MIDDLE, LAST], 4)).toEqual([Uint8Array.of(7, 7, 7, 7)]);
    expect(codeOf(() => splitIntoMessages(new Uint8Array(MAX_FRAME_BYTES + 1), 65_536))).toBe('FRAME_TOO_LARGE');
  });

  it('[WIRE-17] make no memory for what was only named', () => {
    const named = Uint8Array.of(1, 0, 0xd0, 0, 0, 7);
    const before = process.memoryUsage().arrayBuffers;
    const assemblers = Array.from({ length: 100 }, () => {
      const assembler = createAssembler();
      assembler.push(named);
      return assembler;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
    expect(assemblers).toHaveLength(100);
  });

  it('[WIRE-18] are not taken any more after an error', () => {
    const assembler = createAssembler();
    expect(codeOf(() => assembler.push(MIDDLE))).toBe('CHUNK_OUT_OF_ORDER');
    expect(codeOf(() => assembler.push(WHOLE))).toBe('CHUNK_OUT_OF_ORDER');
  });

  it('[WIRE-17] any messages make frames within the limit, or an error with a code', () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.tuple(fc.nat(3), fc.uint8Array({ maxLength: 8 })).map(([kind, rest]) => Uint8Array.of(kind, ...rest)),
      fc.constantFrom(WHOLE, FIRST, MIDDLE, LAST),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
        for (const outcome of assemble(messages, 10)) {
          if (typeof outcome === 'string') expect(CHUNK_CODES).toContain(outcome);
          else expect(outcome.length >= 1 && outcome.length <= 10).toBe(true);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('cannot be made of nothing, nor be hardly more than headers', () => {
    expect(codeOf(() => splitIntoMessages(new Uint8Array(0), 100))).toBe('FRAME_UNENCODABLE');
    expect(codeOf(() => splitIntoMessages(Uint8Array.of(1), MIN_MESSAGE_BYTES - 1))).toBe('FRAME_UNENCODABLE');
    expect(codeOf(() => splitIntoMessages(Uint8Array.of(1), Number.NaN))).toBe('FRAME_UNENCODABLE');
  });
});
