/** What a new board begins with. */
export interface Template {
  readonly name: string;
  readonly lists: readonly string[];
}

export const TEMPLATES: readonly [Template, ...Template[]] = [
  { name: 'Empty', lists: ['Notes'] },
  { name: 'Shopping', lists: ['Groceries', 'Household', 'Some time'] },
  { name: 'Trip', lists: ['Before we go', 'To pack', 'To see'] },
  { name: 'Chores', lists: ['This week', 'This month', 'When it rains'] },
];
