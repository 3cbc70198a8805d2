import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSeededRandom } from './attack/seeded-random.ts';
import { sampleIndexes } from './sample.ts';

it('draws different numbers below the size, all of them when there are no more', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(20), fc.integer(), (size, count, seed) => {
      const drawn = sampleIndexes(size, count, createSeededRandom(seed).next);
      expect(new Set(drawn).size).toBe(Math.min(size, count));
      expect(drawn.every((index) => Number.isInteger(index) && index >= 0 && index < size)).toBe(true);
    }),
  );
});

it('draws every number equally often', () => {
  const random = createSeededRandom(1);
  const drawn = new Array<number>(20).fill(0);
  for (let round = 0; round < 20_000; round++) {
    for (const index of sampleIndexes(20, 5, random.next)) drawn[index] = (drawn[index] ?? 0) + 1;
  }
  // 5,000 each; the standard deviation is 61.
  for (const times of drawn) expect(Math.abs(times - 5_000)).toBeLessThan(300);
});

it('asks for as many random numbers as it draws, whatever the size', () => {
  let asked = 0;
  sampleIndexes(1_000_000_000, 16, () => {
    asked++;
    return 0.5;
  });
  expect(asked).toBe(16);
});
