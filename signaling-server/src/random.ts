/** Whom a newcomer is told of is nobody's to foresee: chance comes from the platform's cryptographic source. */

/** In [0, 1). */
export function randomFraction(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1));
  return word / 2 ** 32;
}
