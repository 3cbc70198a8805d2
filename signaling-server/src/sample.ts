/**
 * `count` different integers of [0, size), uniformly at random, in O(count) whatever the size: Floyd's algorithm
 * (Bentley, "Programming Pearls: a sample of brilliance", CACM 1987). All of them when there are no more.
 */
export function sampleIndexes(size: number, count: number, random: () => number): readonly number[] {
  const chosen = new Set<number>();
  for (let top = Math.max(0, size - count); top < size; top++) {
    const candidate = Math.floor(random() * (top + 1));
    chosen.add(chosen.has(candidate) ? top : candidate);
  }
  return [...chosen];
}
