import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, MAX_NAME_BYTES } from '../limits.ts';
import { clipText, isOversizeBody, isWellFormedText, utf8Length } from './text.ts';

const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 400 });
const soundText = fc.string({ unit: 'binary', maxLength: 400 });

describe('text', () => {
  it('is well-formed when UTF-8 can carry it', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, soundText), (text) => {
        expect(isWellFormedText(text)).toBe(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)) === text,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('has as many bytes as its encoding', () => {
    fc.assert(
      fc.property(soundText, (text) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is clipped after a character, and made well-formed', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clipped = clipText(text);
        expect(isWellFormedText(clipped)).toBe(true);
        expect(utf8Length(clipped)).toBeLessThanOrEqual(MAX_NAME_BYTES);
        const sound = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(sound.startsWith(clipped)).toBe(true);
        expect(clipped === sound || utf8Length(clipped) > MAX_NAME_BYTES - 4).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('[WIRE-12] is too large to travel from one byte above the limit', () => {
    for (const character of ['x', 'é', '👧']) {
      const bytes = utf8Length(character);
      const largest = character.repeat(MAX_BODY_BYTES / bytes);
      expect(isOversizeBody(largest)).toBe(false);
      expect(isOversizeBody(`${largest}x`)).toBe(true);
    }
  });
});
