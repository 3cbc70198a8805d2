/**
 * The actors, or field names, of one frame: written in full where they first occur, by index from then on. A reader
 * gives every later occurrence the same string object.
 */
import type { ByteReader } from './reader.ts';
import type { ByteWriter } from './writer.ts';

export class NameWriter {
  readonly #indexes: Map<string, number> = new Map();
  readonly #define: (writer: ByteWriter, name: string) => void;

  constructor(define: (writer: ByteWriter, name: string) => void, known: readonly string[]) {
    this.#define = define;
    for (const name of known) this.#indexes.set(name, this.#indexes.size);
  }

  write(writer: ByteWriter, name: string): void {
    const index = this.#indexes.get(name);
    writer.uint('index', index ?? this.#indexes.size, 0, this.#indexes.size);
    if (index !== undefined) return;
    this.#define(writer, name);
    this.#indexes.set(name, this.#indexes.size);
  }
}

export class NameReader {
  readonly #names: string[];
  readonly #known: Set<string>;
  readonly #define: (reader: ByteReader) => string;

  constructor(define: (reader: ByteReader) => string, known: readonly string[]) {
    this.#define = define;
    this.#names = [...known];
    this.#known = new Set(known);
  }

  read(reader: ByteReader): string {
    const index = reader.uint('index', 0, this.#names.length);
    const known = this.#names[index];
    if (known !== undefined) return known;
    const name = this.#define(reader);
    if (this.#known.has(name)) reader.fail('index', 'the index of a known name', 'the name again');
    this.#names.push(name);
    this.#known.add(name);
    return name;
  }
}
