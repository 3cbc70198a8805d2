import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64url, fromBase64url } from './base64url.ts';

describe('base64url', () => {
  it('gives bytes back as they were, and what Node writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = base64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64url(text)).toStrictEqual(bytes);
      }),
    );
  });

  it.each(['A', 'AAAAA'])('refuses %s, a length that no bytes have', (text) => {
    expect(() => fromBase64url(text)).toThrow(TypeError);
  });

  it.each(['AA==', 'AA+A', 'A/AA', 'AA A', 'AAé', 'A\u{1f600}A'])(
    'refuses %j, which is not of the alphabet',
    (text) => {
      expect(() => fromBase64url(text)).toThrow(TypeError);
    },
  );
});
