import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

describe('backoff', () => {
  it('doubles up to its limit, between half and all of it, and starts again', () => {
    let random = 0;
    const backoff = createBackoff({ minMs: 100, maxMs: 1_000 }, () => random);
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([50, 100, 200, 400, 500, 500]);
    backoff.reset();
    random = 0.999_999;
    expect(backoff.next()).toBeCloseTo(100, 1);
    for (let failures = 0; failures < 2_000; failures += 1) backoff.next();
    expect(backoff.next()).toBeLessThanOrEqual(1_000);
  });
});
