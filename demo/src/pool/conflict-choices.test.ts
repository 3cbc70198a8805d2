import type { ConflictVersion } from 'rxdb-p2p';
import { describe, expect, it } from 'vitest';
import type { Note } from '../schemas.ts';
import { choicesOf } from './conflict-choices.ts';

const MILK: Note = { id: 'a', kind: 'note', parent: 'l', text: 'Milk', detail: '', done: false, order: 'a0', by: 'x' };

const version = (seq: number, change: Partial<Note>, deleted = false): ConflictVersion<Note> => ({
  own: seq === 1,
  actor: `actor${seq}`,
  seq,
  time: seq,
  deleted,
  document: { ...MILK, ...change },
});

describe('choicesOf', () => {
  it('offers contested fields only, so that merged ones stay', () => {
    const versions = [version(1, { text: 'Oat milk', detail: 'two' }), version(2, { text: 'Whole milk' })];
    const choices = choicesOf({ id: 'a', fields: ['text'], editAgainstDelete: false }, versions);
    expect(choices.map((choice) => choice.values)).toEqual([{ text: 'Oat milk' }, { text: 'Whole milk' }]);
  });

  it('joins versions that agree', () => {
    const versions = [version(1, { done: true }), version(2, { done: false }), version(3, { done: true })];
    const choices = choicesOf({ id: 'a', fields: ['done'], editAgainstDelete: false }, versions);
    expect(choices.map((choice) => choice.versions.map(({ seq }) => seq))).toEqual([[1, 3], [2]]);
  });

  it('offers a delete against an edit', () => {
    const versions = [version(1, {}, true), version(2, { text: 'Oat milk' })];
    const choices = choicesOf({ id: 'a', fields: [], editAgainstDelete: true }, versions);
    expect(choices.map(({ deleted, values }) => ({ deleted, values }))).toEqual([
      { deleted: true, values: {} },
      { deleted: false, values: {} },
    ]);
  });

  it('leaves out fields it does not know', () => {
    const versions = [version(1, {}), version(2, {})];
    const choices = choicesOf({ id: 'a', fields: ['__proto__', 'colour'], editAgainstDelete: false }, versions);
    expect(choices).toHaveLength(1);
    expect(choices[0]?.values).toEqual({});
  });
});
