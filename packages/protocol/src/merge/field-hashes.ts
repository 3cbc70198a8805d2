/**
 * Field hashes: what the fields of a shown document were, so that after a local write it can be told which of them
 * changed. Unkeyed ones also make up the content hash of a version (SPEC.md VER-9), so they are the same on every machine.
 */
import { compareStrings } from '../version/dot.ts';
import { createValueHasher, VALUE_HASH_LENGTH } from './value-hash.ts';

export type Body = Readonly<Record<string, unknown>>;

/** Hash of one text: HASH_LENGTH characters. Keyed where the database is encrypted. */
export type HashText = (text: string) => string;

export interface FieldHashes {
  /** field names, sorted; one array shared by all documents of the same shape */
  readonly names: readonly string[];
  /** HASH_LENGTH characters for each name, in that order */
  readonly hashes: string;
  /** The document is nested more deeply than hashes look. Known when they are made, and not stored. */
  readonly deep?: true;
}

export const HASH_LENGTH: number = VALUE_HASH_LENGTH;
export const NO_FIELDS: FieldHashes = { names: [], hashes: '' };

/** Shapes to remember, and the names of one, UTF-16 units: documents with open-ended keys must not grow memory. */
const MAX_SHAPES = 1_024;
/** Fields for which there is room from the start. */
const FIRST_FIELDS = 32;
const MAX_SHAPE_UNITS = 8_192;

export interface FieldHasher {
  /** @param skip names that are not part of the document's content */
  hash(body: Body, skip?: (name: string) => boolean): FieldHashes;
  /** Unkeyed hashes of a body, the same on every replica; `fields` themselves where these are unkeyed. */
  plain(fields: FieldHashes, body: Body, skip?: (name: string) => boolean): FieldHashes;
  /** The shared array for these sorted names. */
  shape(names: readonly string[]): readonly string[];
}

/** @param keyed default: an unkeyed hash of 64 bits (value-hash.ts) */
export function createFieldHasher(keyed?: HashText): FieldHasher {
  const shapes = createShapes();
  const values = createValueHasher();
  const decoder = new TextDecoder();
  let digits = new Uint8Array(FIRST_FIELDS * HASH_LENGTH);

  function hashAll(names: readonly string[], body: Body): FieldHashes {
    if (keyed !== undefined) return { names, hashes: names.map((name) => keyed(textOf(body[name]))).join('') };
    const length = names.length * HASH_LENGTH;
    if (digits.length < length) digits = new Uint8Array(length * 2);
    let deep = false;
    for (let i = 0; i < names.length; i++) {
      values.write(body[names[i] as string], digits, i * HASH_LENGTH);
      deep ||= values.deep;
    }
    const hashes = decoder.decode(digits.subarray(0, length));
    return deep ? { names, hashes, deep } : { names, hashes };
  }

  const unkeyed = keyed === undefined ? undefined : createFieldHasher();
  return {
    plain: (fields, body, skip) => unkeyed?.hash(body, skip) ?? fields,
    shape: shapes.of,
    hash(body, skip) {
      return hashAll(shapes.ofBody(body, skip), body);
    },
  };
}

/** One array of sorted names for all documents with the same fields. */
function createShapes(): {
  of(names: readonly string[]): readonly string[];
  ofBody(body: Body, skip: ((name: string) => boolean) | undefined): readonly string[];
} {
  const shapes = new Map<string, readonly string[]>();
  // The fields of the last document as it had them: the next one's are most often the same.
  let last: { readonly found: readonly string[]; readonly shape: readonly string[] } = { found: [], shape: [] };

  const of = (names: readonly string[]): readonly string[] => {
    const key = `${names.length} ${names.join('\n')}`;
    const known = shapes.get(key);
    if (known !== undefined) return known;
    const sorted = [...names].sort(compareStrings);
    // Names that hold a line feed could read like other ones.
    if (key.length > MAX_SHAPE_UNITS || names.some((name) => name.includes('\n'))) return sorted;
    const sortedKey = `${names.length} ${sorted.join('\n')}`;
    const shape = shapes.get(sortedKey) ?? sorted;
    if (shapes.size < MAX_SHAPES) shapes.set(key, shape).set(sortedKey, shape);
    return shape;
  };
  return {
    of,
    ofBody(body, skip) {
      const found: string[] = [];
      for (const name in body) if (body[name] !== undefined && !skip?.(name)) found.push(name);
      const same = found.length === last.found.length && found.every((name, i) => name === last.found[i]);
      if (!same) last = { found, shape: of(found) };
      return last.shape;
    },
  };
}

/** A text that only equal values have, whatever the order in which their keys were set; strings with their lengths. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return `"${value.length}:${value}`;
  if (typeof value !== 'object' || value === null) return `=${String(value)}`;
  if (Array.isArray(value)) {
    let text = `[${value.length}`;
    for (const item of value) text += `,${textOf(item)}`;
    return text;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  let text = `{${keys.length}`;
  for (const key of keys.sort(compareStrings)) text += `,${key.length}:${key}${textOf(object[key])}`;
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
