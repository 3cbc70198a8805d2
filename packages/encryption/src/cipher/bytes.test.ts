import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64, framed, fromBase64, toBase64 } from './bytes.ts';

describe('base64', () => {
  it('agrees with Node, both ways, natively and by hand', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(encodeBase64(bytes)).toBe(text);
        expect(toBase64(bytes)).toBe(text);
        expect(fromBase64(text)).toEqual(bytes);
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it('no other text stands for the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.string({ maxLength: 2 }), (bytes, at, inserted) => {
        const text = toBase64(bytes);
        const place = at % (text.length + 1);
        for (const removed of [0, 1]) {
          const changed = text.slice(0, place) + inserted + text.slice(place + removed);
          if (changed !== text) expect(fromBase64(changed)).not.toEqual(bytes);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['A', 'AA', 'AA=', 'AB==', 'AAB=', 'AA==AA==', '====', 'AA A', 'A\nAA', '_-AA', 'ÄAAA', 'AAA\u0000'])(
    'refuses %j',
    (text) => expect(fromBase64(text)).toBeUndefined(),
  );
});

it('different lists of parts give different bytes', () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 });
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same = a.length === b.length && a.every((part, i) => Buffer.compare(part, b[i] ?? new Uint8Array()) === 0);
      expect(Buffer.compare(framed(a), framed(b)) === 0).toBe(same);
    }),
    { numRuns: 2_000 },
  );
});
