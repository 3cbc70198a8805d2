import { describe, expect, it } from 'vitest';
import { notesOfFile } from './read-file.ts';

describe('notesOfFile', () => {
  it('takes each line of a text, without what lists begin with', () => {
    const notes = notesOfFile('list.md', '- Milk\n* [ ] Bread\r\n1. Eggs\n\n  Two pears\n- [x] Tea');
    expect(notes.map(({ text }) => text)).toEqual(['Milk', 'Bread', 'Eggs', 'Two pears', 'Tea']);
  });

  it('takes the first column of a table, and keeps the others', () => {
    const notes = notesOfFile('list.csv', 'Milk,"2 litres, whole","the ""good"" one"\r\nBread\n"two\nlines",x\n');
    expect(notes).toEqual([
      { text: 'Milk', detail: '2 litres, whole\nthe "good" one' },
      { text: 'Bread', detail: '' },
      { text: 'two\nlines', detail: 'x' },
    ]);
    expect(notesOfFile('list.tsv', 'a, b\tc')).toEqual([{ text: 'a, b', detail: 'c' }]);
  });
});
