/** Seeded damage to sealed bytes: what a disk, a bug or an attacker does to them. */

export interface Dice {
  /** 0 to below `bound` */
  next(bound: number): number;
}

/** mulberry32 (Tommy Ettinger, public domain). */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  return {
    next(bound) {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * bound);
    },
  };
}

export const MUTATIONS = ['flip', 'truncate', 'swap', 'duplicate', 'replace'] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** @param others sealed bytes that belong elsewhere, or are older */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], mutation: Mutation, dice: Dice): Uint8Array {
  const at = dice.next(bytes.length);
  const copy = bytes.slice();
  switch (mutation) {
    case 'flip':
      copy[at] = (copy[at] ?? 0) ^ (1 << dice.next(8));
      return copy;
    case 'truncate':
      return dice.next(2) === 0 ? copy.subarray(0, at) : copy.subarray(1 + at);
    case 'swap': {
      const other = others[dice.next(others.length)] ?? copy;
      if (dice.next(2) === 0) return other.slice();
      // The beginning of one, the end of the other.
      const cut = 1 + dice.next(Math.min(bytes.length, other.length) - 1);
      return Uint8Array.from([...bytes.subarray(0, cut), ...other.subarray(cut)]);
    }
    case 'duplicate': {
      const length = 1 + dice.next(bytes.length - at);
      return Uint8Array.from([...bytes.subarray(0, at + length), ...bytes.subarray(at)]);
    }
    case 'replace':
      return Uint8Array.from({ length: dice.next(2) === 0 ? bytes.length : dice.next(200) }, () => dice.next(256));
  }
}
