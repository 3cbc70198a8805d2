/**
 * A 64-bit hash of a JSON value that only equal values have, whatever the order in which their keys were set, and the same
 * on every machine. Two 32-bit lanes in the manner of MurmurHash3 (Appleby, public domain) with different multipliers,
 * crossed at the end. Not cryptographic: against chance, not against somebody who looks for a collision.
 *
 * It is on the path of every document of a first sync, so values are mixed in as they stand: no text is made of them.
 */
import { MAX_CONTENT_DEPTH } from '../limits.ts';
import { compareStrings } from '../version/dot.ts';

export interface ValueHasher {
  /** The hash of a value as VALUE_HASH_LENGTH characters of base64url, written to `out` as ASCII from `at` on. */
  write(value: unknown, out: Uint8Array, at: number): void;
  /** whether the last value was the field of a document that is nested too deeply to be shown */
  readonly deep: boolean;
}

export const VALUE_HASH_LENGTH: number = 11;

/** What a value is mixed in after, so that values of different types differ. */
const TAG = {
  null: 1,
  true: 2,
  false: 3,
  integer: 4,
  number: 5,
  string: 6,
  array: 7,
  object: 8,
} as const;

/** Lengths, in UTF-16 units, of strings for which a native encoder and four bytes at a time beat two units at a time. */
const MIN_ENCODED_LENGTH = 64;
const MAX_ENCODED_LENGTH = 16_384;

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGIT_CODES: Uint8Array = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));

/** Keys of one object that are known to be sorted: most objects of a collection are written in one order. */
const isSorted = (keys: readonly string[]): boolean => {
  for (let i = 1; i < keys.length; i++) if (compareStrings(keys[i - 1] ?? '', keys[i] ?? '') > 0) return false;
  return true;
};

export function createValueHasher(): ValueHasher {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(MAX_ENCODED_LENGTH * 3 + 4);
  const words = new Int32Array(bytes.buffer, 0, bytes.length >>> 2);
  const view = new DataView(new ArrayBuffer(8));
  // Words are read in the machine's order: a machine that begins with the high byte takes the way of other texts.
  const littleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;
  /** The two lanes. A typed array, since variables that closures share box their numbers. */
  const lanes = new Int32Array(2);
  let depth = 0;
  let deep = false;

  function mix(word: number): void {
    const a = Math.imul((lanes[0] as number) ^ word, 0xcc9e2d51);
    const b = Math.imul((lanes[1] as number) ^ word, 0x1b873593);
    lanes[0] = (a << 13) | (a >>> 19);
    lanes[1] = (b << 17) | (b >>> 15);
  }

  function mixUnits(text: string): void {
    const { length } = text;
    let a = lanes[0] as number;
    let b = lanes[1] as number;
    for (let i = 0; i < length; i += 2) {
      const units = (text.charCodeAt(i) << 16) | (i + 1 < length ? text.charCodeAt(i + 1) : 0);
      a = Math.imul(a ^ units, 0xcc9e2d51);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ units, 0x1b873593);
      b = (b << 17) | (b >>> 15);
    }
    lanes[0] = a;
    lanes[1] = b;
  }

  /** False: the text has other characters. An encoder replaces lone surrogates, which must not be taken as equal. */
  function mixAscii(text: string): boolean {
    const { written } = encoder.encodeInto(text, bytes);
    if (written !== text.length) return false;
    // The last word is filled up with zeros; the length tells them from bytes of the text.
    bytes.fill(0, written, written + 4);
    let a = lanes[0] as number;
    let b = lanes[1] as number;
    const count = (written + 3) >>> 2;
    for (let i = 0; i < count; i++) {
      const word = words[i] as number;
      a = Math.imul(a ^ word, 0xcc9e2d51);
      a = (a << 13) | (a >>> 19);
      b = Math.imul(b ^ word, 0x1b873593);
      b = (b << 17) | (b >>> 15);
    }
    lanes[0] = a;
    lanes[1] = b;
    return true;
  }

  function mixString(text: string): void {
    const { length } = text;
    mix(length);
    const encoded = littleEndian && length >= MIN_ENCODED_LENGTH && length <= MAX_ENCODED_LENGTH && mixAscii(text);
    if (!encoded) mixUnits(text);
  }

  function mixValue(value: unknown): void {
    switch (typeof value) {
      case 'string':
        mix(TAG.string);
        mixString(value);
        return;
      case 'number':
        mixNumber(value);
        return;
      case 'boolean':
        mix(value ? TAG.true : TAG.false);
        return;
      case 'object':
        if (value === null) mix(TAG.null);
        else if (Array.isArray(value)) mixArray(value);
        else mixObject(value as Readonly<Record<string, unknown>>);
        return;
      default:
        // Not JSON, whose text has `null` for it in a list.
        mix(TAG.null);
    }
  }

  function mixNumber(value: number): void {
    if (!Number.isFinite(value)) {
      mix(TAG.null);
      return;
    }
    if ((value | 0) === value) {
      mix(TAG.integer);
      mix(value | 0);
      return;
    }
    view.setFloat64(0, value);
    mix(TAG.number);
    mix(view.getInt32(0));
    mix(view.getInt32(4));
  }

  /** One level down, if there may be one. */
  function isTooDeep(): boolean {
    if (depth < MAX_CONTENT_DEPTH) {
      depth++;
      return false;
    }
    deep = true;
    return true;
  }

  function mixArray(items: readonly unknown[]): void {
    mix(TAG.array);
    mix(items.length);
    if (isTooDeep()) return;
    for (const item of items) mixValue(item);
    depth--;
  }

  function mixObject(object: Readonly<Record<string, unknown>>): void {
    // A `Date`, say: what travels, and what others see, is its JSON.
    if (typeof object['toJSON'] === 'function') {
      mixValue(JSON.parse(JSON.stringify(object)));
      return;
    }
    const keys: string[] = [];
    for (const key in object) if (object[key] !== undefined) keys.push(key);
    if (!isSorted(keys)) keys.sort(compareStrings);
    mix(TAG.object);
    mix(keys.length);
    if (isTooDeep()) return;
    for (const key of keys) {
      mixString(key);
      mixValue(object[key]);
    }
    depth--;
  }

  /** Crosses the lanes, so that every bit of the value moves every bit of the hash. */
  function finish(out: Uint8Array, at: number): void {
    const first = lanes[0] as number;
    const second = lanes[1] as number;
    let a = Math.imul(first ^ (first >>> 16) ^ second, 0x85ebca6b);
    let b = Math.imul(second ^ (second >>> 13) ^ a, 0xc2b2ae35);
    a = Math.imul(a ^ (a >>> 13) ^ (b >>> 16), 0xc2b2ae35);
    a ^= a >>> 16;
    b ^= b >>> 16;
    out[at] = DIGIT_CODES[a >>> 26] as number;
    out[at + 1] = DIGIT_CODES[(a >>> 20) & 63] as number;
    out[at + 2] = DIGIT_CODES[(a >>> 14) & 63] as number;
    out[at + 3] = DIGIT_CODES[(a >>> 8) & 63] as number;
    out[at + 4] = DIGIT_CODES[(a >>> 2) & 63] as number;
    out[at + 5] = DIGIT_CODES[((a & 3) << 4) | (b >>> 28)] as number;
    out[at + 6] = DIGIT_CODES[(b >>> 22) & 63] as number;
    out[at + 7] = DIGIT_CODES[(b >>> 16) & 63] as number;
    out[at + 8] = DIGIT_CODES[(b >>> 10) & 63] as number;
    out[at + 9] = DIGIT_CODES[(b >>> 4) & 63] as number;
    out[at + 10] = DIGIT_CODES[(b & 15) << 2] as number;
  }

  return {
    get deep() {
      return deep;
    },
    write(value, out, at) {
      deep = false;
      depth = 1;
      lanes[0] = 0x9e3779b9;
      lanes[1] = 0x85ebca6b;
      mixValue(value);
      finish(out, at);
    },
  };
}
