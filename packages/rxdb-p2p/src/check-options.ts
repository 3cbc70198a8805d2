/** Options at the edge: a wrong one or one with a slip in its name must not be taken as a silent default. */
import { clipText, isJsonObject, P2PError } from '@rxdb-p2p/protocol';

/**
 * What a value should be, in words, and whether it is. `undefined` stands for left out, and is always fine. `hidden`: no
 * word of it is shown where it is wrong.
 */
export type OptionCheck = readonly [expected: string, holds: (value: unknown) => boolean, shown?: 'hidden'];
export type OptionChecks<Name extends string> = { readonly [N in Name]: OptionCheck };

export const A_BOOLEAN: OptionCheck = ['true or false', (value) => typeof value === 'boolean'];
export const A_FUNCTION: OptionCheck = ['a function', (value) => typeof value === 'function'];
export const AN_ARRAY: OptionCheck = ['an array', Array.isArray];
export const A_POSITIVE_NUMBER: OptionCheck = ['a number above 0', (value) => typeof value === 'number' && value > 0];

/** The same for what may be a secret. */
export function hidden([expected, holds]: OptionCheck): OptionCheck {
  return [expected, holds, 'hidden'];
}

/** Slips that are taken for a known name: letters added, left out or changed. */
const MAX_SLIPS = 2;

/**
 * @param what whose options they are, for people
 * @throws P2PError `OPTIONS_INVALID`
 */
export function checkOptions<Name extends string>(what: string, given: unknown, checks: OptionChecks<Name>): void {
  if (!isJsonObject(given)) {
    throw new P2PError('OPTIONS_INVALID', what, { expected: 'an object', got: describeValue(given) });
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(checks, name)) throw unknownOption(what, name, Object.keys(checks));
    const [expected, holds, shown] = checks[name as Name];
    if (holds(value)) continue;
    throw new P2PError('OPTIONS_INVALID', `${what}: ${name}`, { expected, got: describeValue(value, shown) });
  }
}

function unknownOption(what: string, name: string, known: readonly string[]): P2PError {
  const near = known.find((other) => distance(name.toLowerCase(), other.toLowerCase()) <= MAX_SLIPS);
  return new P2PError('OPTIONS_INVALID', `${what}: there is no option ${JSON.stringify(name.slice(0, 40))}`, {
    expected: `one of ${known.join(', ')}`,
    ...(near === undefined ? {} : { hint: `did you mean \`${near}\`?` }),
  });
}

/** Never the content of an object, which may hold a secret. */
function describeValue(value: unknown, shown?: 'hidden'): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'string') return typeof value;
  return shown === 'hidden' ? `text of ${value.length} characters` : clipText(JSON.stringify(value));
}

/** Levenshtein's: how many letters have to be added, left out or changed. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_SLIPS) return MAX_SLIPS + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
