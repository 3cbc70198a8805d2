import { createHmac, hkdfSync, scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proveTopic } from '../session/open-proof.ts';
import { ROOM_PATTERN } from '../signaling/messages.ts';
import { deriveTopicKeys, stretchPassphrase } from './topic-keys.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const NAME = { namespace: 'app', topic: 'family' };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The info strings of SPEC.md, written another way. */
function info(use: string, namespace: string, topic: string): Buffer {
  const prefixed = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  return Buffer.concat([Buffer.from(use), prefixed(namespace), prefixed(topic)]);
}

describe('the keys of a topic', () => {
  it('[TOPIC-2] are those of HKDF as Node has it', () => {
    const derive = (use: string): Buffer =>
      Buffer.from(hkdfSync('sha256', SECRET, 'rxdb-p2p topic 1', info(`rxdb-p2p ${use} 1`, 'app', 'family'), 32));
    const keys = deriveTopicKeys(SECRET, NAME);
    expect(keys.room).toBe(`app/${derive('room').toString('base64url')}`);
    for (const use of ['signal', 'handshake', 'open'] as const)
      expect(hex(keys[use])).toBe(derive(use).toString('hex'));
  });

  it('[TOPIC-2] all differ, from each other and from those of any other secret, namespace or topic', () => {
    const all = [
      [SECRET, NAME],
      [undefined, NAME],
      [SECRET.map((byte) => byte ^ 1), NAME],
      [SECRET, { namespace: 'ap', topic: 'pfamily' }],
      [SECRET, { namespace: 'appf', topic: 'amily' }],
      [SECRET, { namespace: 'app', topic: 'family ' }],
    ] as const;
    const keys = all.flatMap(([secret, name]) => {
      const { room, signal, handshake, open } = deriveTopicKeys(secret, name);
      return [room.slice(room.indexOf('/') + 1), hex(signal), hex(handshake), hex(open)];
    });
    expect(new Set(keys).size).toBe(4 * all.length);
  });

  it('[TOPIC-3] name a room that any server takes, and that tells nothing but the namespace', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), (topic) => {
        const { room } = deriveTopicKeys(SECRET, { namespace: 'my.app~1', topic });
        expect(room).toMatch(ROOM_PATTERN);
        expect(room).toMatch(/^my\.app~1\/[\w-]{43}$/);
      }),
      { numRuns: 50 },
    );
  });

  it('[TOPIC-1] of a passphrase are stretched by scrypt as Node has it, without holding up others', async () => {
    const passphrase = 'correct horse battery staple';
    const salt = info('rxdb-p2p passphrase 1', 'app', 'family');
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const before = process.cpuUsage();
    const stretched = await stretchPassphrase(passphrase, NAME);
    const { user } = process.cpuUsage(before);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    const options = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
    expect(hex(stretched)).toBe(scryptSync(passphrase, salt, 32, options).toString('hex'));
    process.stdout.write(
      `a passphrase is stretched in ${Math.round(user / 1_000)} ms of CPU, others had ${turns} turns\n`,
    );
  });

  it('[CONN-5] prove themselves with HMAC as Node has it', () => {
    const { open } = deriveTopicKeys(SECRET, NAME);
    const handshake = new Uint8Array(32).fill(9);
    const data = Buffer.concat([Buffer.from('rxdb-p2p open 1'), handshake, Buffer.from([1, 0, 0, 1, 2])]);
    const proof = proveTopic(open, { handshake, byInitiator: false, channel: 258 });
    expect(hex(proof)).toBe(createHmac('sha256', open).update(data).digest('hex'));
  });
});
