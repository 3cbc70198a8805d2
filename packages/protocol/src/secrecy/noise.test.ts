import { describe, expect, it } from 'vitest';
import { initialNoise, type NoiseState, readNoise, seal, splitNoise, unseal, writeNoise } from './noise.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

/** cacophony, vectors/cacophony.txt, the entry of this protocol: published with the framework. */
const VECTOR = {
  prologue: bytes('4a6f686e2047616c74'),
  psk: bytes('54686973206973206d7920417573747269616e20706572737065637469766521'),
  initiator: bytes('893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a'),
  responder: bytes('bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b'),
  messages: [
    [
      '4c756477696720766f6e204d69736573',
      'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794479b962b8aff8485742ac32f905ba45369e2465fb59e138a93d67a0d1266b6a54',
    ],
    [
      '4d757272617920526f746862617264',
      '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843d6062704d5a9c422a8e834423f8c1feada7e8d0d910a1a2cd030fb584221e3',
    ],
    ['462e20412e20486179656b', 'e632c3763d7669067383433197a3baddf146e9e70ad4b4e9e59e0f'],
    ['4361726c204d656e676572', '64c6bee32ea91c8474bb4c21d7a700109ad45af77b29764ba5eb1e'],
    ['4a65616e2d426170746973746520536179', 'e2fa0bed0603b62d3ccac2ecabbf3fe33f3e86514909b323361626266cb2471cc8'],
    [
      '457567656e2042f6686d20766f6e2042617765726b',
      '0c01dc9cec1fe4ddd692e8dd32188aa351088dc91183639a53b57aa4692b5ebdef8b8ca111',
    ],
  ],
} as const;
const NONE = new Uint8Array(0);

function ends(): readonly [NoiseState, NoiseState] {
  const { prologue, psk } = VECTOR;
  return [
    initialNoise({ initiator: true, prologue, psk, ephemeral: VECTOR.initiator }),
    initialNoise({ initiator: false, prologue, psk, ephemeral: VECTOR.responder }),
  ];
}

describe('Noise_NNpsk0_25519_ChaChaPoly_SHA256', () => {
  it('[LINK-2] gives the published vectors', () => {
    let [initiator, responder] = ends();
    const [[hello, first], [answer, second], ...transport] = VECTOR.messages;
    let said: Uint8Array;
    [initiator, said] = writeNoise(initiator, bytes(hello));
    expect(hex(said)).toBe(first);
    let heard = readNoise(responder, said);
    if (heard === undefined) throw new Error('not read');
    expect(hex(heard[1])).toBe(hello);
    [responder, said] = writeNoise(heard[0], bytes(answer));
    expect(hex(said)).toBe(second);
    heard = readNoise(initiator, said);
    if (heard === undefined) throw new Error('not read');
    expect(hex(heard[1])).toBe(answer);
    const [a, b] = [splitNoise(heard[0]), splitNoise(responder)];
    expect([hex(a.hash), hex(a.send), hex(a.receive)]).toEqual([hex(b.hash), hex(b.receive), hex(b.send)]);
    for (const [i, [payload, ciphertext]] of transport.entries()) {
      const [from, to] = i % 2 === 0 ? [a, b] : [b, a];
      const counter = Math.floor(i / 2);
      expect(hex(seal(from.send, counter, NONE, bytes(payload)))).toBe(ciphertext);
      const opened = unseal(to.receive, counter, NONE, bytes(ciphertext));
      expect(opened === undefined ? '' : hex(opened)).toBe(payload);
    }
  });

  it('[LINK-2] reads nothing where a bit, the key or the prologue is another', () => {
    const [initiator, responder] = ends();
    const [waiting, first] = writeNoise(initiator);
    const heard = readNoise(responder, first);
    if (heard === undefined) throw new Error('not read');
    const [, second] = writeNoise(heard[0]);
    for (const [state, message] of [
      [responder, first],
      [waiting, second],
    ] as const) {
      expect(readNoise(state, message)).toBeDefined();
      for (let bit = 0; bit < message.length * 8; bit += 5) {
        // The framework ignores the top bit of a key, and the hash of what was said does not.
        const changed = message.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(readNoise(state, changed), `bit ${bit}`).toBeUndefined();
      }
      for (const length of [0, 1, 31, 32, 47]) expect(readNoise(state, message.slice(0, length))).toBeUndefined();
    }
    const { prologue, psk } = VECTOR;
    const other = psk.map((byte) => byte ^ 1);
    const end = { initiator: false, ephemeral: VECTOR.responder };
    expect(readNoise(initialNoise({ ...end, prologue, psk: other }), first)).toBeUndefined();
    expect(readNoise(initialNoise({ ...end, prologue: prologue.slice(1), psk }), first)).toBeUndefined();
  });

  it('[LINK-2] agrees on nothing with a key of low order', () => {
    const [initiator] = ends();
    const [waiting] = writeNoise(initiator);
    for (const first of [0, 1]) {
      const message = new Uint8Array(48);
      message[0] = first;
      expect(readNoise(waiting, message)).toBeUndefined();
    }
  });
});
