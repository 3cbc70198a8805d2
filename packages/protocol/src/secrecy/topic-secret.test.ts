import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { P2PError } from '../errors.ts';
import { formatTopicSecret, readTopicSecret } from './topic-secret.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

function codeOf(secret: unknown): string {
  try {
    readTopicSecret(secret);
    return 'none';
  } catch (error) {
    if (!(error instanceof P2PError)) throw error;
    // Long enough to be told from what an error says anyway.
    if (typeof secret === 'string' && secret.length > 4) expect(error.message).not.toContain(secret);
    return error.code;
  }
}

describe('a secret', () => {
  it('[TOPIC-1] that was made is read as it was, and one that was cut or mistyped is not taken', () => {
    fc.assert(
      fc.property(bytes32, fc.nat(47), fc.nat(62), (random, at, by) => {
        const secret = formatTopicSecret(random);
        expect(secret).toMatch(/^p2p1_[\w-]{48}$/);
        expect(readTopicSecret(secret)).toEqual({ kind: 'made', bytes: random });
        const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const place = 5 + at;
        const other = digits[(digits.indexOf(secret.charAt(place)) + 1 + by) % 64];
        expect(codeOf(secret.slice(0, place) + other + secret.slice(place + 1))).toBe('SECRET_INVALID');
        expect(codeOf(secret.slice(0, place))).toBe('SECRET_INVALID');
        expect(codeOf(`${secret} `)).toBe('SECRET_INVALID');
      }),
      { numRuns: 100 },
    );
  });

  it('[TOPIC-1] that somebody has chosen has 16 characters at least, however they are composed', () => {
    expect(codeOf('fifteen letters')).toBe('SECRET_TOO_SHORT');
    expect(codeOf('')).toBe('SECRET_TOO_SHORT');
    // Fifteen people, of many UTF-16 units.
    expect(codeOf('👩'.repeat(15))).toBe('SECRET_TOO_SHORT');
    expect(codeOf('sixteen letters!')).toBe('none');
    expect(readTopicSecret('Grüße an die Küche')).toEqual(readTopicSecret('Grüße an die Küche'.normalize('NFD')));
    expect(readTopicSecret('ｗｉｄｅ　ｌｅｔｔｅｒｓ　ａｒｅ')).toEqual({
      kind: 'passphrase',
      text: 'wide letters are',
    });
  });

  it.each([7, null, undefined, {}, new Uint8Array(32), `half a pair: ${'\ud83d'}`, 'x'.repeat(1_025)])(
    '[TOPIC-1] is a string of Unicode text: not %o',
    (secret) => {
      expect(codeOf(secret)).toBe('SECRET_INVALID');
    },
  );
});
