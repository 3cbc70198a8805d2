/** Notes from a file that somebody has: one for each line of a text, or each row of a table. */
import { DETAIL_CHARACTERS, TEXT_CHARACTERS } from '../schemas.ts';

export interface ReadNote {
  readonly text: string;
  readonly detail: string;
}

/** More than a person reads, and little enough to be written in a few seconds. */
export const MAX_FILE_NOTES = 20_000;

/** What lists in texts begin with: `- `, `* `, `- [ ] `, `1. `. */
const BULLET = /^\s*(?:[-*•]|\d+[.)])?\s*(?:\[[ xX]?\])?\s+|^\s+/;

/** Of a table, the first column is the note, and the others are more about it. */
export function notesOfFile(name: string, content: string): readonly ReadNote[] {
  const separator = name.endsWith('.tsv') ? '\t' : name.endsWith('.csv') ? ',' : undefined;
  const rows = separator === undefined ? linesOf(content) : tableOf(content, separator);
  return rows
    .map(([text = '', ...more]) => ({
      text: text.trim().slice(0, TEXT_CHARACTERS),
      detail: more
        .map((cell) => cell.trim())
        .filter(Boolean)
        .join('\n')
        .slice(0, DETAIL_CHARACTERS),
    }))
    .filter(({ text }) => text !== '')
    .slice(0, MAX_FILE_NOTES);
}

function linesOf(content: string): readonly (readonly string[])[] {
  return content.split(/\r?\n/).map((line) => [line.replace(BULLET, '')]);
}

/** RFC 4180: cells in quotes may have separators, ends of lines, and quotes that are doubled. */
function tableOf(content: string, separator: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = '', end] of content.matchAll(
    separator === ','
      ? /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g
      : /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r?\n|$)/g,
  )) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== separator) rows.push([]);
  }
  return rows;
}
