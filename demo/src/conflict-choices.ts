/** What a person can choose between when two devices changed one item at once. */
import type { ConflictVersion, ContestedDocument } from 'rxdb-p2p';
import type { Item, ListDatabase } from './database.ts';

/** One way to settle it. Versions that agree on every contested field are one choice. */
export interface Choice {
  readonly key: string;
  readonly deleted: boolean;
  /** The contested fields only: edits of the others have been merged, and stay. */
  readonly values: Partial<Item>;
  readonly versions: readonly ConflictVersion<Item>[];
}

const ITEM_FIELDS: readonly (keyof Item)[] = ['text', 'done', 'note', 'createdAt'];

export function choicesOf(contested: ContestedDocument, versions: readonly ConflictVersion<Item>[]): readonly Choice[] {
  const fields = ITEM_FIELDS.filter((field) => contested.fields.includes(field));
  const choices = new Map<string, Choice>();
  for (const version of versions) {
    const values = version.deleted ? {} : pick(version.document, fields);
    const key = JSON.stringify([version.deleted, ...fields.map((field) => values[field] ?? null)]);
    const same = choices.get(key);
    choices.set(key, { key, deleted: version.deleted, values, versions: [...(same?.versions ?? []), version] });
  }
  return [...choices.values()];
}

/** A write supersedes every version that is shown here, even one that changes nothing: so the choice stands everywhere. */
export async function settle(db: ListDatabase, id: string, choice: Choice): Promise<undefined> {
  const doc = await db.items.findOne(id).exec();
  if (choice.deleted) {
    await doc?.incrementalRemove();
  } else if (doc === null) {
    const latest = choice.versions.at(-1);
    if (latest !== undefined) await db.items.incrementalUpsert(latest.document);
  } else {
    await doc.incrementalPatch(choice.values);
  }
}

function pick(item: Item, fields: readonly (keyof Item)[]): Partial<Item> {
  return Object.fromEntries(fields.map((field) => [field, item[field]]));
}
