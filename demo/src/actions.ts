/** What a person can do with a list; each action that takes something away returns the way back. */
import type { Item, ListDatabase } from './database.ts';

/** The last thing done, in words, and its reversal. */
export interface Undo {
  readonly what: string;
  revert(): Promise<unknown>;
}

/** 80 random bits: enough for lists that people write, and available on insecure origins, unlike `randomUUID`. */
const ITEM_ID_BYTES = 10;

/** Longest piece of an item's text that fits a one-line message, characters. */
const QUOTE_CHARACTERS = 40;

export async function addItem(db: ListDatabase, text: string): Promise<undefined> {
  const bytes = crypto.getRandomValues(new Uint8Array(ITEM_ID_BYTES));
  const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  await db.items.insert({ id, text, done: false, note: '', createdAt: Date.now() });
}

/** Writes only what changed, so that another person's edit of another field survives. */
export async function changeItem(db: ListDatabase, before: Item, change: Partial<Item>): Promise<Undo> {
  await patch(db, before.id, change);
  const old: Record<string, unknown> = {};
  for (const field of Object.keys(change) as (keyof Item)[]) old[field] = before[field];
  return { what: `Changed ${quote(before.text)}`, revert: () => patch(db, before.id, old) };
}

export async function removeItems(db: ListDatabase, items: readonly Item[]): Promise<Undo> {
  await db.items.bulkRemove(items.map((item) => item.id));
  const [first] = items;
  return {
    what: items.length === 1 && first ? `Deleted ${quote(first.text)}` : `Deleted ${items.length} items`,
    revert: () => db.items.bulkUpsert([...items]),
  };
}

async function patch(db: ListDatabase, id: string, change: Partial<Item>): Promise<void> {
  const doc = await db.items.findOne(id).exec();
  if (doc === null) throw new Error('Somebody deleted this item in the meantime.');
  await doc.incrementalPatch(change);
}

export function quote(text: string): string {
  const short = text.length > QUOTE_CHARACTERS ? `${text.slice(0, QUOTE_CHARACTERS - 1).trimEnd()}…` : text;
  return `“${short}”`;
}
