import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SIGNAL_LENGTH } from '../signaling/messages.ts';
import { base64url, fromBase64url } from '../version/base64url.ts';
import {
  MAX_SIGNAL_BYTES,
  readSignalHeader,
  type SignalContext,
  type SignalHeader,
  sealSignal,
  unsealSignal,
} from './sealed-signal.ts';

const filled = (value: number, length: number): Uint8Array => new Uint8Array(length).fill(value);
const CONTEXT: SignalContext = { key: filled(1, 32), room: 'app/room', sender: filled(2, 32), receiver: filled(3, 32) };
const HEADER: SignalHeader = { form: 'directed', fromDialler: true, connection: filled(4, 16), counter: 7 };
const NONCE = filled(5, 24);
const TEXT = new TextEncoder().encode('v=0 fingerprint candidate 192.0.2.1');

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const header: fc.Arbitrary<SignalHeader> = fc.record({
  form: fc.constantFrom('announcement', 'welcome', 'directed'),
  fromDialler: fc.boolean(),
  connection: bytesOf(16),
  counter: fc.oneof(fc.nat(3), fc.constant(2 ** 32 - 1)),
});

describe('sealed signals', () => {
  it('[SEAL-1] give back what was sealed, and its header, whatever that is', () => {
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 2_100 }), bytesOf(24), (head, content, nonce) => {
        const signal = sealSignal(CONTEXT, head, content, nonce);
        expect(signal).toMatch(/^[\w-]+$/);
        expect(readSignalHeader(signal)).toEqual(head);
        expect(unsealSignal(CONTEXT, signal)).toEqual(content);
      }),
      { numRuns: 100 },
    );
  });

  it('[SEAL-1] show nothing of the content but how many KiB it has', () => {
    const lengths = [0, 1, 1_022, 1_023, 2_046, 2_047].map(
      (length) => sealSignal(CONTEXT, HEADER, filled(6, length), NONCE).length,
    );
    const [one = 0, two = 0, three = 0] = [0, 3, 5].map((i) => lengths[i]);
    expect(lengths).toEqual([one, one, one, two, two, three]);
    expect(new Set([one, two, three]).size).toBe(3);
    const plain = Buffer.from(fromBase64url(sealSignal(CONTEXT, HEADER, TEXT, NONCE))).toString('latin1');
    for (const word of ['v=0', 'fingerprint', '192.0.2.1']) expect(plain).not.toContain(word);
  });

  it('[SEAL-1] fit what a server carries, and no longer ones are made', () => {
    expect(sealSignal(CONTEXT, HEADER, filled(6, MAX_SIGNAL_BYTES), NONCE).length).toBeLessThan(MAX_SIGNAL_LENGTH);
    expect(() => sealSignal(CONTEXT, HEADER, filled(6, MAX_SIGNAL_BYTES + 1), NONCE)).toThrow(RangeError);
  });

  it('[SEAL-2] are bound to key, room, sender and receiver', () => {
    const others: Partial<SignalContext>[] = [
      { key: filled(9, 32) },
      { room: 'app/roon' },
      { sender: filled(9, 32) },
      { receiver: filled(9, 32) },
      // Handed back to the one who sealed it.
      { sender: CONTEXT.receiver, receiver: CONTEXT.sender },
    ];
    const signal = sealSignal(CONTEXT, HEADER, TEXT, NONCE);
    for (const other of others) expect(unsealSignal({ ...CONTEXT, ...other }, signal)).toBeUndefined();
    const welcome = sealSignal(CONTEXT, { ...HEADER, form: 'welcome' }, TEXT, NONCE);
    expect(unsealSignal({ ...CONTEXT, sender: undefined }, welcome)).toEqual(TEXT);
    expect(unsealSignal({ ...CONTEXT, receiver: filled(9, 32) }, welcome)).toBeUndefined();
    const announcement = sealSignal(CONTEXT, { ...HEADER, form: 'announcement' }, TEXT, NONCE);
    expect(unsealSignal({ ...CONTEXT, sender: undefined, receiver: undefined }, announcement)).toEqual(TEXT);
  });

  it('[SEAL-2] are unreadable when any bit of them is another', () => {
    const signal = fromBase64url(sealSignal(CONTEXT, HEADER, TEXT, NONCE));
    for (let bit = 0; bit < signal.length * 8; bit += bit < 400 ? 1 : 97) {
      const changed = signal.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unsealSignal(CONTEXT, base64url(changed)), `bit ${bit}`).toBeUndefined();
    }
  });

  it('[SEAL-1] nothing that is none is taken, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 3_000 }).map(base64url)),
        (text) => {
          readSignalHeader(text);
          expect(unsealSignal(CONTEXT, text)).toBeUndefined();
        },
      ),
    );
    const short = fromBase64url(sealSignal(CONTEXT, HEADER, TEXT, NONCE)).slice(0, -1);
    expect(readSignalHeader(base64url(short))).toBeUndefined();
  });
});
