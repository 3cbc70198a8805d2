/** Seeded randomness for tests: the same seed gives the same run. Xorshift32 (Marsaglia 2003), seeds spread by a multiplication. */
export interface Random {
  /** from 0 up to, not including, 1 */
  next(): number;
  /** an integer from 0 up to, not including, `below` */
  int(below: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  shuffled<T>(items: readonly T[]): T[];
}

export function createRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick(items) {
      if (items.length === 0) throw new RangeError('pick: expected a filled list');
      return items[int(items.length)] as (typeof items)[number];
    },
    shuffled(items) {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const other = int(i + 1);
        const [a, b] = [copy[i], copy[other]];
        if (a !== undefined && b !== undefined) [copy[i], copy[other]] = [b, a];
      }
      return copy;
    },
  };
}

const asked = Number(process.env['SIM_SEEDS'] ?? 50);

/** Whether everything is taken, not a share of it, as `npm test` does. */
export const THOROUGH: boolean = asked >= 200;

/** Runs a check for each seed, and says which seed failed. `SIM_SEEDS` asks for more. */
export function forSeeds(count: number, check: (random: Random, seed: number) => void): void {
  for (let seed = 1; seed <= Math.ceil((count * asked) / 50); seed++) {
    try {
      check(createRandom(seed), seed);
    } catch (cause) {
      throw new Error(`seed ${seed} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }
}
