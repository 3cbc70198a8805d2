/**
 * Field hashes: what the fields of a shown document were, so that after a local write it can be told which of them
 * changed. They never leave the device and decide nothing between replicas, so speed counts and 64 bits are enough.
 */
import { compareStrings } from '../version/dot.ts';
import { canonicalJson } from './canonical.ts';

export type Body = Readonly<Record<string, unknown>>;

/** Hash of one value's canonical JSON: HASH_LENGTH characters. Keyed where the database is encrypted. */
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
  hash(body: Body): FieldHashes;
  /** The shared array for these sorted names. */
  shape(names: readonly string[]): readonly string[];
}

export function createFieldHasher(hashText: HashText = hash64): FieldHasher {
  const shapes = new Map<string, readonly string[]>();
  const shape = (names: readonly string[]): readonly string[] => {
    const key = names.join('\n');
    const known = shapes.get(key);
    if (known !== undefined) return known;
    if (shapes.size < MAX_SHAPES) shapes.set(key, names);
    return names;
  };
  return {
    shape,
    hash(body) {
      const names: string[] = [];
      for (const name of Object.keys(body)) if (body[name] !== undefined) names.push(name);
      names.sort(compareStrings);
      let hashes = '';
      for (const name of names) hashes += hashText(canonicalJson(body[name]));
      return { names: shape(names), hashes };
    },
  };
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

/**
 * A 64-bit hash of the text's UTF-16 code units as 11 characters of base64url: two 32-bit lanes in the manner of
 * MurmurHash3 (Appleby, public domain) with different multipliers, crossed at the end. Not cryptographic.
 */
export function hash64(text: string): string {
  let a = 0x9e3779b9 ^ text.length;
  let b = 0x85ebca6b ^ text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0xcc9e2d51);
    a = (a << 13) | (a >>> 19);
    b = Math.imul(b ^ unit, 0x1b873593);
    b = (b << 17) | (b >>> 15);
  }
  a = Math.imul(a ^ (a >>> 16) ^ b, 0x85ebca6b);
  b = Math.imul(b ^ (b >>> 13) ^ a, 0xc2b2ae35);
  a = Math.imul(a ^ (a >>> 13) ^ (b >>> 16), 0xc2b2ae35);
  a ^= a >>> 16;
  b ^= b >>> 16;
  let text64 = '';
  for (let shift = 26; shift >= 2; shift -= 6) text64 += DIGITS.charAt((a >>> shift) & 63);
  text64 += DIGITS.charAt(((a & 3) << 4) | (b >>> 28));
  for (let shift = 22; shift >= 4; shift -= 6) text64 += DIGITS.charAt((b >>> shift) & 63);
  return text64 + DIGITS.charAt((b & 15) << 2);
}
