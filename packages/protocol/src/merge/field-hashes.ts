/**
 * Field hashes: what the fields of a shown document were, so that after a local write it can be told which of them
 * changed. They never leave the device and decide nothing between replicas, so speed counts and 64 bits are enough.
 */
import { compareStrings } from '../version/dot.ts';

export type Body = Readonly<Record<string, unknown>>;

/** Hash of one text: HASH_LENGTH characters. Keyed where the database is encrypted. */
export type HashText = (text: string) => string;

export interface FieldHashes {
  /** field names, sorted; one array shared by all documents of the same shape */
  readonly names: readonly string[];
  /** HASH_LENGTH characters for each name, in that order */
  readonly hashes: string;
}

export const HASH_LENGTH: number = 11;
export const NO_FIELDS: FieldHashes = { names: [], hashes: '' };

/** Shapes to remember; documents with open-ended keys must not grow memory. */
const MAX_SHAPES = 1_024;

export interface FieldHasher {
  /** @param skip names that are not part of the document's content */
  hash(body: Body, skip?: (name: string) => boolean): FieldHashes;
  /** The shared array for these sorted names. */
  shape(names: readonly string[]): readonly string[];
}

export function createFieldHasher(keyed?: HashText): FieldHasher {
  const scratch = createHashScratch();
  const hashText: HashText = keyed ?? ((text) => hash64(text, scratch));
  /** sorted names by the same names in any order */
  const shapes = new Map<string, readonly string[]>();
  const shapeOf = (names: readonly string[]): readonly string[] => {
    const key = `${names.length} ${names.join('\n')}`;
    const known = shapes.get(key);
    if (known !== undefined) return known;
    const sorted = [...names].sort(compareStrings);
    const sortedKey = `${names.length} ${sorted.join('\n')}`;
    const shape = shapes.get(sortedKey) ?? sorted;
    if (shapes.size < MAX_SHAPES) shapes.set(key, shape).set(sortedKey, shape);
    return shape;
  };
  return {
    shape: shapeOf,
    hash(body, skip) {
      const found: string[] = [];
      for (const name in body) if (body[name] !== undefined && !skip?.(name)) found.push(name);
      const names = shapeOf(found);
      const parts: string[] = [];
      for (const name of names) parts.push(hashText(textOf(body[name])));
      // Joined, not added up: these strings stay in memory, and a joined one is flat.
      return { names, hashes: parts.join('') };
    },
  };
}

/**
 * A text that only equal values have, whatever the order in which their keys were set. Strings go in as they are, with
 * their lengths, since quoting costs more than hashing; a long string alone stands for itself.
 */
function textOf(value: unknown): string {
  if (typeof value === 'string' && value.length >= MIN_ENCODED_LENGTH && !FIRST_CHARACTERS.includes(value.charAt(0))) {
    return value;
  }
  return describe(value);
}

/** What `describe` begins with. */
const FIRST_CHARACTERS = '="[{';

function describe(value: unknown): string {
  if (typeof value === 'string') return `"${value.length}:${value}`;
  if (typeof value !== 'object' || value === null) return `=${String(value)}`;
  if (Array.isArray(value)) {
    let text = `[${value.length}`;
    for (const item of value) text += `,${describe(item)}`;
    return text;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  let text = `{${keys.length}`;
  for (const key of keys.sort(compareStrings)) text += `,${key.length}:${key}${describe(object[key])}`;
  return text;
}

/** The hash of one field, or undefined when the document has no such field. */
export function fieldHash(fields: FieldHashes, name: string): string | undefined {
  const index = fields.names.indexOf(name);
  return index < 0 ? undefined : fields.hashes.slice(index * HASH_LENGTH, (index + 1) * HASH_LENGTH);
}

export function sameFields(a: FieldHashes, b: FieldHashes): boolean {
  return a.hashes === b.hashes && a.names.length === b.names.length && a.names.every((name, i) => name === b.names[i]);
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Room for the UTF-8 of a text that is hashed by words; one for each hasher, reused. */
export interface HashScratch {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly encoder: TextEncoder;
}

/** Lengths, in UTF-16 units, of texts for which a native encoder and four bytes at a time beat two units at a time. */
const MIN_ENCODED_LENGTH = 128;
const MAX_ENCODED_LENGTH = 16_384;

export function createHashScratch(): HashScratch {
  const bytes = new Uint8Array(MAX_ENCODED_LENGTH * 3 + 4);
  return { bytes, words: new Int32Array(bytes.buffer, 0, bytes.length >>> 2), encoder: new TextEncoder() };
}

/**
 * A 64-bit hash of a text as 11 characters of base64url: two 32-bit lanes in the manner of MurmurHash3 (Appleby, public
 * domain) with different multipliers, crossed at the end. Not cryptographic, and for this machine alone: long ASCII texts
 * are read as words, in this machine's order of bytes.
 */
export function hash64(text: string, scratch?: HashScratch): string {
  const { length } = text;
  if (length < MIN_ENCODED_LENGTH || length > MAX_ENCODED_LENGTH) return hashUnits(text);
  return hashAscii(text, scratch ?? createHashScratch()) ?? hashUnits(text);
}

function hashUnits(text: string): string {
  const { length } = text;
  let a = 0x9e3779b9 ^ length;
  let b = 0x85ebca6b ^ length;
  const pairs = length & ~1;
  for (let i = 0; i < pairs; i += 2) {
    const units = (text.charCodeAt(i) << 16) | text.charCodeAt(i + 1);
    a = Math.imul(a ^ units, 0xcc9e2d51);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ units, 0x1b873593);
    b = (b << 17) | (b >>> 15);
  }
  if (pairs < length) {
    a = Math.imul(a ^ text.charCodeAt(pairs), 0xcc9e2d51);
    b = Math.imul(b ^ text.charCodeAt(pairs), 0x1b873593);
  }
  return finish(a, b);
}

/** Undefined: the text has other characters. An encoder replaces lone surrogates, which must not be taken as equal. */
function hashAscii(text: string, { bytes, words, encoder }: HashScratch): string | undefined {
  const { written } = encoder.encodeInto(text, bytes);
  if (written !== text.length) return undefined;
  // The last word is filled up with zeros; the length tells them from bytes of the text.
  bytes.fill(0, written, written + 4);
  let a = 0x9e3779b9 ^ written;
  let b = 0x85ebca6b ^ written;
  const count = (written + 3) >>> 2;
  for (let i = 0; i < count; i++) {
    const word = words[i] ?? 0;
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ word, 0x1b873593);
    b = (b << 17) | (b >>> 15);
  }
  return finish(a, b);
}

function finish(first: number, second: number): string {
  let a = Math.imul(first ^ (first >>> 16) ^ second, 0x85ebca6b);
  let b = Math.imul(second ^ (second >>> 13) ^ a, 0xc2b2ae35);
  a = Math.imul(a ^ (a >>> 13) ^ (b >>> 16), 0xc2b2ae35);
  a ^= a >>> 16;
  b ^= b >>> 16;
  return (
    digitPair(a >>> 20) +
    digitPair((a >>> 8) & 0xfff) +
    digitPair(((a & 0xff) << 4) | (b >>> 28)) +
    digitPair((b >>> 16) & 0xfff) +
    digitPair((b >>> 4) & 0xfff) +
    DIGITS.charAt((b & 15) << 2)
  );
}

const DIGIT_PAIRS: readonly string[] = Array.from(
  { length: 4_096 },
  (_, i) => DIGITS.charAt(i >> 6) + DIGITS.charAt(i & 63),
);

function digitPair(bits: number): string {
  return DIGIT_PAIRS[bits] ?? '';
}
