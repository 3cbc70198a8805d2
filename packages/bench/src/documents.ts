/** The documents of the benchmark: nested, ASCII, 1 KB of JSON text each, the same in every run. */
import type { RxJsonSchema } from 'rxdb';

export interface BenchDocument {
  id: string;
  title: string;
  list: string;
  rank: number;
  done: boolean;
  author: { name: string; city: string };
  tags: string[];
  body: string;
}

export const schema: RxJsonSchema<BenchDocument> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 32 },
    title: { type: 'string' },
    list: { type: 'string' },
    rank: { type: 'number' },
    done: { type: 'boolean' },
    author: { type: 'object', properties: { name: { type: 'string' }, city: { type: 'string' } } },
    tags: { type: 'array', items: { type: 'string' } },
    body: { type: 'string' },
  },
  required: ['id', 'title', 'list', 'rank', 'done', 'author', 'tags', 'body'],
};

/** What one document is as JSON text, bytes. */
const DOCUMENT_BYTES = 1024;

const WORDS = 'harbour lantern meadow copper signal window garden river paper thread candle orchard'.split(' ');

/** A word chosen by a number: the multiplier is Knuth's, so that neighbours differ. */
function word(seed: number): string {
  return WORDS[(Math.imul(seed, 2654435761) >>> 8) % WORDS.length] ?? '';
}

export function createDocument(index: number): BenchDocument {
  const document: BenchDocument = {
    id: `document-${String(index).padStart(8, '0')}`,
    title: `${word(index)} ${word(index + 1)} ${index}`,
    list: word(index + 6),
    rank: index % 97,
    done: index % 3 === 0,
    author: { name: word(index + 2), city: word(index + 3) },
    tags: [word(index + 4), word(index + 5)],
    body: '',
  };
  let body = '';
  for (let seed = index * 7; body.length < DOCUMENT_BYTES; seed += 1) body += `${word(seed)} `;
  document.body = body.slice(0, DOCUMENT_BYTES - JSON.stringify(document).length);
  return document;
}

export function createDocuments(count: number, first = 0): BenchDocument[] {
  return Array.from({ length: count }, (_, offset) => createDocument(first + offset));
}
