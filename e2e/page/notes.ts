/** Documents of the specs that are made in large numbers, also in the page itself. */
import type { PlainDocument } from './api.ts';

/** Bytes of a note's text in UTF-8, so that the whole document has about 1 KB as JSON. */
const NOTE_TEXT_BYTES = 920;
const WORDS = [...'milk bread Äpfel сыр お茶 olive oil कॉफ़ी 🍋 soap '.repeat(30)];

/** Characters of one repetition: so many texts differ. */
const WORD_STARTS = 50;

/** A text of that size which starts at another word for each `start`. */
function noteText(start: number): string {
  const bytes = new TextEncoder().encode(WORDS.slice(start).join('')).subarray(0, NOTE_TEXT_BYTES);
  // The last character may have been cut.
  return new TextDecoder().decode(bytes).replace(/\uFFFD$/, '');
}

/** `count` notes that differ in every field, with ids from `prefix`. */
export function noteDocuments(prefix: string, count: number, first = 0): readonly PlainDocument[] {
  return Array.from({ length: count }, (_, i) => {
    const index = first + i;
    const id = `${prefix}${String(index).padStart(6, '0')}`;
    return { id, title: `note ${id}`, text: noteText(index % WORD_STARTS), done: index % 3 === 0 };
  });
}
