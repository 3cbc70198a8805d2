import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open, sealInto } from './aead.ts';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe('put together here, from the stream and the authenticator of @noble/ciphers', () => {
  it('seals and opens exactly what its own XChaCha20-Poly1305 does', () => {
    const any = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(bytes(32), bytes(24), any, any, (key, nonce, plaintext, associated) => {
        const theirs = xchacha20poly1305(key, nonce, associated).encrypt(plaintext);
        const out = new Uint8Array(3 + 24 + plaintext.length + 16);
        sealInto(out, 3, key, plaintext, associated, () => nonce);
        expect(out.subarray(27)).toEqual(theirs);
        expect(open(key, out.subarray(3), associated)).toEqual(plaintext);
      }),
      { numRuns: 500 },
    );
  });

  it('of any length around the sizes of blocks', () => {
    const key = new Uint8Array(32).fill(7);
    for (let length = 0; length < 260; length++) {
      const plaintext = Uint8Array.from({ length }, (_, i) => i);
      const associated = plaintext.subarray(0, length >> 1);
      const out = new Uint8Array(24 + length + 16);
      sealInto(out, 0, key, plaintext, associated);
      expect(out.subarray(24)).toEqual(xchacha20poly1305(key, out.slice(0, 24), associated).encrypt(plaintext));
    }
  });

  it('opens nothing in which a bit was changed', () => {
    const key = new Uint8Array(32).fill(7);
    const associated = Uint8Array.of(1, 2, 3);
    const out = new Uint8Array(24 + 20 + 16);
    sealInto(out, 0, key, new Uint8Array(20), associated);
    for (let bit = 0; bit < out.length * 8; bit++) {
      const changed = out.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(open(key, changed, associated)).toBeUndefined();
    }
    expect(open(key, out, Uint8Array.of(1, 2, 3, 0))).toBeUndefined();
    expect(open(key, out.subarray(0, 39), associated)).toBeUndefined();
  });
});
