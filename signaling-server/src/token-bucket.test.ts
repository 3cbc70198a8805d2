import { expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.ts';

it('allows a burst, then the rate, and never more than the burst', () => {
  let time = 0;
  const bucket = createTokenBucket(3, 2, () => time);
  expect([1, 1, 1, 1].map((amount) => bucket.take(amount))).toEqual([true, true, true, false]);
  time += 499;
  expect(bucket.take(1)).toBe(false);
  time += 1;
  expect(bucket.take(1)).toBe(true);
  time += 3_600_000;
  expect(bucket.take(4)).toBe(false);
  expect(bucket.take(3)).toBe(true);
  expect(bucket.take(1)).toBe(false);
});
