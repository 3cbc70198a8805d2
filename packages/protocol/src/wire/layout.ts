/**
 * What a frame is made of, told once: what writes a frame and what reads it cannot disagree. A layout names a frame's fields
 * in their order on the wire, each with the element of SPEC.md §1.1 that it is.
 */
import type { Frame } from '../session/frames.ts';
import type { ByteReader } from './reader.ts';
import type { ByteWriter } from './writer.ts';

/** A part of a frame, both ways. `name` is for errors. */
export interface Element<T> {
  write(writer: ByteWriter, name: string, value: T): void;
  read(reader: ByteReader, name: string): T;
}

/** A part that is there when its bit is set, in the byte of flags that then follows the first field. */
export interface Flagged<T> extends Element<T> {
  readonly bit: number;
  readonly absent: T;
}

type Fields<T, Names extends keyof T> = { readonly [Name in Names]: Element<T[Name]> | Flagged<T[Name]> };

export interface Layout<F extends Frame> {
  write(writer: ByteWriter, frame: F): void;
  read(reader: ByteReader, type: F['type']): F;
}

export function uint(min: number = 0, max: number = Number.MAX_SAFE_INTEGER): Element<number> {
  return {
    write: (writer, name, value) => writer.uint(name, value, min, max),
    read: (reader, name) => reader.uint(name, min, max),
  };
}

export function fixed(bytes: number): Element<Uint8Array> {
  return {
    write: (writer, name, value) => writer.fixed(name, value, bytes),
    read: (reader, name) => reader.fixed(name, bytes),
  };
}

export function ascii(pattern: RegExp, length: number): Element<string> {
  return {
    write: (writer, name, value) => writer.ascii(name, value, pattern, length),
    read: (reader, name) => reader.ascii(name, pattern, length),
  };
}

export function text(maxBytes: number): Element<string> {
  return {
    write: (writer, name, value) => writer.text(name, value, maxBytes),
    read: (reader, name) => reader.text(name, maxBytes),
  };
}

/** The place of a value in a closed union. */
export function choice<T extends string>(choices: readonly T[]): Element<T> {
  return {
    write: (writer, name, value) => writer.choice(name, value, choices),
    read: (reader, name) => reader.choice(name, choices),
  };
}

/** A bit alone. */
export function flag(bit: number): Flagged<boolean> {
  return { bit, absent: false, write: () => undefined, read: () => true };
}

export function optional<T>(bit: number, element: Element<T>): Flagged<T | null> {
  return {
    bit,
    absent: null,
    // Written when it is not `absent`.
    write: (writer, name, value) => element.write(writer, name, value as T),
    read: element.read,
  };
}

export interface ListLimits<T> {
  readonly min: number;
  readonly max: number;
  /** what the shortest item takes, bytes: a longer list than the frame has room for is refused before it is made */
  readonly itemBytes: number;
  /** Items rise strictly by it. */
  readonly key?: (item: T) => string;
}

export function list<T>(item: Element<T>, { min, max, itemBytes, key }: ListLimits<T>): Element<readonly T[]> {
  return {
    write(writer, name, items) {
      writer.uint(name, items.length, min, max);
      let previous: string | undefined;
      for (const value of items) {
        const next = key?.(value);
        if (next !== undefined) writer.rising(name, previous, next);
        previous = next;
        item.write(writer, name, value);
      }
    },
    read(reader, name) {
      const items: T[] = [];
      let previous: string | undefined;
      for (let left = reader.count(name, min, max, itemBytes); left > 0; left--) {
        const value = item.read(reader, name);
        const next = key?.(value);
        if (next !== undefined) reader.rising(name, previous, next);
        previous = next;
        items.push(value);
      }
      return items;
    },
  };
}

interface Part {
  readonly name: string;
  readonly element: Element<unknown>;
  /** 0: always there */
  readonly bit: number;
  readonly absent: unknown;
}

type Values = Record<string, unknown>;

/** The fields of an object, one after the other. */
class Sequence {
  readonly #parts: readonly Part[];
  readonly #knownBits: number;

  constructor(fields: Readonly<Record<string, Element<unknown> & Partial<Flagged<unknown>>>>) {
    this.#parts = Object.entries(fields).map(([name, element]) => {
      const { bit = 0, absent } = element;
      return { name, element, bit, absent };
    });
    this.#knownBits = this.#parts.reduce((bits, { bit }) => bits | bit, 0);
  }

  write(writer: ByteWriter, values: Readonly<Values>): void {
    let flags = 0;
    for (const { name, bit, absent } of this.#parts) if (values[name] !== absent) flags |= bit;
    for (const part of this.#parts) {
      const { name, element, bit } = part;
      if (bit === 0 || (flags & bit) !== 0) element.write(writer, name, values[name]);
      if (this.#knownBits > 0 && part === this.#parts[0]) writer.byte(flags);
    }
  }

  readInto(values: Values, reader: ByteReader): void {
    let flags = 0;
    for (const part of this.#parts) {
      const { name, element, bit, absent } = part;
      values[name] = bit === 0 || (flags & bit) !== 0 ? element.read(reader, name) : absent;
      if (this.#knownBits > 0 && part === this.#parts[0]) flags = reader.flags('flags', this.#knownBits);
    }
  }
}

export function record<T extends object>(fields: Fields<T, keyof T>): Element<T> {
  const sequence = new Sequence(fields as ConstructorParameters<typeof Sequence>[0]);
  return {
    write: (writer, _, value) => sequence.write(writer, value as Values),
    read(reader) {
      const values: Values = {};
      sequence.readInto(values, reader);
      return values as T;
    },
  };
}

export function layout<F extends Frame>(fields: Fields<F, Exclude<keyof F, 'type'>>): Layout<F> {
  const sequence = new Sequence(fields as ConstructorParameters<typeof Sequence>[0]);
  return {
    write: (writer, frame) => sequence.write(writer, frame as unknown as Values),
    read(reader, type) {
      const values: Values = { type };
      sequence.readInto(values, reader);
      return values as unknown as F;
    },
  };
}
