import { describe, expect, it } from 'vitest';
import { createPenalties, PENALTY } from './penalties.ts';

describe('penalties', () => {
  it('[CONN-33] double with each time, up to the longest, and are forgotten after ten minutes', () => {
    let now = 0;
    const penalties = createPenalties(() => now);
    expect(penalties.delayOf('a')).toBe(0);
    const waits = Array.from({ length: 8 }, () => {
      penalties.note('a');
      const wait = penalties.delayOf('a');
      now += wait;
      expect(penalties.delayOf('a')).toBe(0);
      return wait;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
    expect(penalties.delayOf('b')).toBe(0);
    now += 600_001;
    penalties.note('a');
    expect(penalties.delayOf('a')).toBe(PENALTY.minMs);
  });

  it('[CONN-33] are remembered for so many replicas only', () => {
    const penalties = createPenalties(() => 0);
    for (let i = 0; i <= 1_024; i++) penalties.note(`replica ${i}`);
    expect(penalties.delayOf('replica 0')).toBe(0);
    expect(penalties.delayOf('replica 1')).toBe(PENALTY.minMs);
  });
});
