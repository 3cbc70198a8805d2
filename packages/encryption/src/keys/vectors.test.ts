/** Published vectors, through the functions that everything else here uses. */
import { describe, expect, it } from 'vitest';
import { open, sealInto } from '../cipher/aead.ts';
import { hex, utf8 } from '../cipher/bytes.ts';
import { derive, stretch } from './derive.ts';

const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe('XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03, A.3.1', () => {
  const key = bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
  const nonce = bytes('404142434445464748494a4b4c4d4e4f5051525354555657');
  const associated = bytes('50515253c0c1c2c3c4c5c6c7');
  const plaintext = utf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  );
  const sealed =
    'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e' +
    'c0875924c1c7987947deafd8780acf49';

  it('seals', () => {
    const out = new Uint8Array(24 + plaintext.length + 16);
    sealInto(out, 0, key, plaintext, associated, () => nonce);
    expect(hex(out)).toBe(hex(nonce) + sealed);
  });

  it('opens, and opens nothing else', () => {
    expect(open(key, bytes(hex(nonce) + sealed), associated)).toEqual(plaintext);
    expect(open(key, bytes(hex(nonce) + sealed), bytes('50515253c0c1c2c3c4c5c6c8'))).toBeUndefined();
  });
});

describe('HKDF-SHA-256, RFC 5869', () => {
  it('A.1', () => {
    const okm = derive(bytes('0b'.repeat(22)), bytes('000102030405060708090a0b0c'), bytes('f0f1f2f3f4f5f6f7f8f9'), 42);
    expect(hex(okm)).toBe('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865');
  });

  it('A.3, without salt and label', () => {
    const okm = derive(bytes('0b'.repeat(22)), new Uint8Array(), '', 42);
    expect(hex(okm)).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8');
  });
});

describe('scrypt, RFC 7914 §12: the first 32 bytes', () => {
  it.each([
    ['password', 'NaCl', { N: 1_024, r: 8, p: 16 }, 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162'],
    [
      'pleaseletmein',
      'SodiumChloride',
      { N: 16_384, r: 8, p: 1 },
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
    ],
  ])('%s, %s', async (passphrase, salt, params, expected) => {
    expect(hex(await stretch(passphrase, utf8(salt), params))).toBe(expected);
  });

  it('the same passphrase typed in another Unicode form gives the same key', async () => {
    const params = { N: 1_024, r: 8, p: 1 };
    const composed = await stretch('caf\u00e9 \ufb01n', utf8('salt'), params);
    expect(await stretch('cafe\u0301 fin', utf8('salt'), params)).toEqual(composed);
  });
});
