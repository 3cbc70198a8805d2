import { describe, expect, it } from 'vitest';
import { LIST_NAME_CHARACTERS, listFromHash, listHash, listName, listTitle, START_HASH } from './route.ts';

describe('the name of a list', () => {
  it('is the same however it is typed', () => {
    expect(listName('  Weekend at  the Lake ')).toBe('weekend-at-the-lake');
    expect(listName('Cafe\u0301')).toBe(listName('caf\u00e9'));
  });

  it('survives the way through the address', () => {
    for (const name of ['groceries', 'käse & brot', '100%', '買い物', 'a#b', '?']) {
      expect(listFromHash(listHash(listName(name)))).toBe(listName(name));
    }
  });

  it('is read from addresses that people type, too', () => {
    expect(listFromHash('#100%')).toBe('100%');
    expect(listFromHash('')).toBe('');
    expect(listFromHash(START_HASH)).toBe('');
    expect(listFromHash(`#${'x'.repeat(500)}`)).toHaveLength(LIST_NAME_CHARACTERS);
  });

  it('makes a title', () => {
    expect(listTitle('weekend-trip')).toBe('Weekend trip');
    expect(listTitle('-')).toBe('-');
  });
});
