/**
 * Writes the elements of SPEC.md §1.1 into one growing buffer. It refuses what a reader would refuse, so that a bug
 * on this side is an error here and not a closed connection there. A class, since its methods are the hot path.
 */
import { isTimestamp, MAX_TIMESTAMP } from '../version/clock.ts';
import { compareStrings } from '../version/dot.ts';
import { wireError } from './codes.ts';
import { isWellFormedText } from './text.ts';

/** Text up to this length, UTF-16 units, is first tried as ASCII: 0.03 µs against 0.26 µs for `encodeInto` in Chromium. */
const SHORT_TEXT_UNITS = 64;

const encoder: TextEncoder = new TextEncoder();

export class ByteWriter {
  readonly #frame: string;
  readonly #maxBytes: number;
  #bytes: Uint8Array;
  #length = 0;

  /** @param frame its type, for errors; @param expectedBytes what it will probably take: growing costs a copy */
  constructor(frame: string, maxBytes: number, expectedBytes: number) {
    this.#frame = frame;
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(Math.min(expectedBytes, maxBytes));
  }

  /** What was written: a view on a buffer that may be larger. */
  finish(): Uint8Array {
    this.#checkSize();
    return this.#bytes.subarray(0, this.#length);
  }

  fail(name: string, expected: string, got: string): never {
    throw wireError('FRAME_UNENCODABLE', `${name}, ${this.#frame} frame`, expected, got);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  uint(name: string, value: number, min: number, max: number): void {
    if (!Number.isInteger(value) || value < min || value > max) {
      this.fail(name, `an integer from ${min} to ${max}`, String(value));
    }
    this.#reserve(8);
    this.#varint(value);
  }

  /** A timestamp as its difference to another one: at most 2^52 either way, zigzag. */
  timestamp(name: string, time: number, before: number): void {
    if (!isTimestamp(time)) this.fail(name, `an integer from 0 to ${MAX_TIMESTAMP}`, String(time));
    const difference = time - before;
    this.#reserve(8);
    this.#varint(difference >= 0 ? difference * 2 : difference * -2 - 1);
  }

  /** The place of `value` in a closed union. */
  choice(name: string, value: string, choices: readonly string[]): void {
    const index = choices.indexOf(value);
    if (index < 0) this.fail(name, `one of ${choices.join(', ')}`, value);
    this.byte(index);
  }

  /** Bytes of a length that the format gives. */
  fixed(name: string, value: Uint8Array, length: number): void {
    if (value.length !== length) this.fail(name, `${length} bytes`, `${value.length}`);
    this.#reserve(length);
    this.#bytes.set(value, this.#length);
    this.#length += length;
  }

  /** `length` characters of ASCII, checked by `pattern`. */
  ascii(name: string, value: string, pattern: RegExp, length: number): void {
    if (value.length !== length || !pattern.test(value)) this.fail(name, `${length} characters ${pattern}`, value);
    this.#reserve(length);
    for (let i = 0; i < length; i++) this.#bytes[this.#length++] = value.charCodeAt(i);
  }

  /** Text in UTF-8 after its length in bytes. */
  text(name: string, value: string, maxBytes: number): void {
    if (value.length <= SHORT_TEXT_UNITS && this.#shortAscii(value)) return;
    if (!isWellFormedText(value)) this.fail(name, 'text', 'a lone surrogate');
    if (value.length > maxBytes) this.fail(name, `at most ${maxBytes} bytes`, `${value.length} characters`);
    // The length comes before the text and is known after it: leave as much room as it needs if the text is ASCII.
    const guess = varintBytes(value.length);
    this.#reserve(8 + value.length);
    const from = this.#length + guess;
    const written = this.#encode(value, from);
    if (written > maxBytes) this.fail(name, `at most ${maxBytes} bytes`, `${written}`);
    const shift = varintBytes(written) - guess;
    if (shift > 0) {
      this.#grow(from + written + shift);
      this.#bytes.copyWithin(from + shift, from, from + written);
    }
    this.#varint(written);
    this.#length += written;
    this.#checkSize();
  }

  /** Refuses a list that is not strictly rising; `previous` is undefined for its first entry. */
  rising(name: string, previous: string | undefined, next: string): void {
    if (previous !== undefined && compareStrings(previous, next) >= 0) {
      this.fail(name, 'strictly rising entries', `${next} after ${previous}`);
    }
  }

  #shortAscii(value: string): boolean {
    this.#reserve(1 + value.length);
    let at = this.#length;
    this.#bytes[at++] = value.length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      this.#bytes[at++] = unit;
    }
    this.#length = at;
    return true;
  }

  #encode(value: string, from: number): number {
    let { read, written } = encoder.encodeInto(value, this.#bytes.subarray(from));
    while (read < value.length) {
      this.#grow(from + written + (value.length - read) * 3);
      const more = encoder.encodeInto(value.slice(read), this.#bytes.subarray(from + written));
      read += more.read;
      written += more.written;
    }
    return written;
  }

  #varint(value: number): void {
    let rest = value;
    // Beyond 31 bits numbers are not integers to the machine: divide. `&` still takes the low bits exactly.
    while (rest > 0x7fffffff) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes > this.#bytes.length) this.#grow(this.#length + bytes);
  }

  #grow(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  #checkSize(): void {
    if (this.#length <= this.#maxBytes) return;
    throw wireError('FRAME_TOO_LARGE', `${this.#frame} frame`, `at most ${this.#maxBytes} bytes`, `${this.#length}`);
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
