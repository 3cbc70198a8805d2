import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Note } from '../schemas.ts';
import { arrange, byOrder, search } from './arrange.ts';
import { keysAfter, keysToPlace } from './order.ts';

const note = (id: string, order: string, more: Partial<Note> = {}): Note => ({
  ...{ id, kind: 'note', parent: 'l', text: id, detail: '', done: false, order, by: 'x', ...more },
});

describe('keysToPlace', () => {
  it('puts a note exactly where it was let go, also among notes with one key, and moves no other', () => {
    const places = fc.array(fc.nat(5), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(places, fc.nat(11), fc.nat(11), (ranks, from, to) => {
        const keys = keysAfter(undefined, 6);
        // Several devices may have given one key.
        let notes = ranks.map((rank, index) => note(String.fromCharCode(97 + index), keys[rank] ?? '')).sort(byOrder);
        const moved = notes[from % notes.length];
        if (moved === undefined) throw new Error('no note');
        const others = notes.filter(({ id }) => id !== moved.id);
        const place = to % notes.length;
        const changed = new Map(keysToPlace(others, moved, place).map(({ id, order }) => [id, order]));
        notes = notes.map((one) => ({ ...one, order: changed.get(one.id) ?? one.order })).sort(byOrder);
        const expected = [...others.slice(0, place), moved, ...others.slice(place)];
        expect(notes.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe('a board', () => {
  const list = note('l', 'a0', { kind: 'list', text: 'Groceries' });

  it('shows notes whose list is gone', () => {
    const { lists } = arrange([list, note('a', 'a1'), note('b', 'a0', { parent: 'gone' })]);
    expect(lists.map(({ list: { text }, notes }) => [text, notes.map(({ id }) => id)])).toEqual([
      ['Groceries', ['a']],
      ['Without a list', ['b']],
    ]);
  });

  it('is searched for all words, in texts and what is written about them', () => {
    const all = arrange([list, note('a', 'a1', { text: 'Red Apples', detail: 'for a cake' }), note('b', 'a2')]);
    const found = (query: string): readonly string[] =>
      search(all, query).flatMap(({ notes }) => notes.map(({ id }) => id));
    expect(found('apple CAKE')).toEqual(['a']);
    expect(found('apple pie')).toEqual([]);
  });
});
