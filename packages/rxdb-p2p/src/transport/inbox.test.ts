import { describe, expect, it } from 'vitest';
import { createInbox } from './inbox.ts';
import { MAX_EARLY_BYTES } from './link-limits.ts';

describe('inbox', () => {
  const byte = (value: number): Uint8Array => Uint8Array.of(value);

  it('delivers what came early first, also what comes while it does', () => {
    const inbox = createInbox();
    const got: number[] = [];
    inbox.push(byte(1));
    inbox.push(byte(2));
    inbox.listen(([value = 0]) => {
      if (value === 1) inbox.push(byte(3));
      got.push(value);
    });
    inbox.push(byte(4));
    expect(got).toEqual([1, 2, 3, 4]);
  });

  it('stops in the middle when it ends there', () => {
    const inbox = createInbox();
    const got: number[] = [];
    inbox.push(byte(1));
    inbox.push(byte(2));
    inbox.listen(([value = 0]) => {
      got.push(value);
      inbox.end();
    });
    inbox.push(byte(3));
    expect(got).toEqual([1]);
  });

  it('is full when nobody listens', () => {
    const inbox = createInbox();
    expect(inbox.push(new Uint8Array(MAX_EARLY_BYTES))).toBe(true);
    expect(inbox.push(byte(1))).toBe(false);
  });
});
