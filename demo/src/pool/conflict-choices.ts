/** What a person can choose between when two devices changed one note at once. */
import type { ConflictVersion, ContestedDocument } from 'rxdb-p2p';
import type { Hand } from '../notes/actions.ts';
import type { Note } from '../schemas.ts';

/** One way to settle it. Versions that agree on every contested field are one choice. */
export interface Choice {
  readonly key: string;
  readonly deleted: boolean;
  /** The contested fields only: edits of the others have been merged, and stay. */
  readonly values: Partial<Note>;
  readonly versions: readonly ConflictVersion<Note>[];
}

/** What people decide on. Who wrote last, and the exact place in a list, are not worth a question. */
const ASKED_FIELDS: readonly (keyof Note)[] = ['text', 'done', 'detail', 'parent'];

export function isAsked({ fields, editAgainstDelete }: ContestedDocument): boolean {
  return editAgainstDelete || askedFields(fields).length > 0;
}

export function choicesOf(contested: ContestedDocument, versions: readonly ConflictVersion<Note>[]): readonly Choice[] {
  const fields = askedFields(contested.fields);
  const choices = new Map<string, Choice>();
  for (const version of versions) {
    const values = version.deleted ? {} : pick(version.document, fields);
    const key = JSON.stringify([version.deleted, ...fields.map((field) => values[field] ?? null)]);
    const same = choices.get(key);
    choices.set(key, { key, deleted: version.deleted, values, versions: [...(same?.versions ?? []), version] });
  }
  return [...choices.values()];
}

/** A text that has what each of the choices says; undefined: they differ in something that cannot be joined. */
export function joined(choices: readonly Choice[]): Partial<Note> | undefined {
  const values = choices.map((choice) => choice.values);
  const differing = Object.keys(values[0] ?? {});
  if (choices.some(({ deleted }) => deleted) || !differing.every((field) => field === 'text' || field === 'detail')) {
    return undefined;
  }
  const join = (field: 'text' | 'detail', between: string): Partial<Note> =>
    differing.includes(field)
      ? { [field]: [...new Set(values.map((value) => value[field] ?? ''))].filter(Boolean).join(between) }
      : {};
  return { ...join('text', ' / '), ...join('detail', '\n') };
}

/** A write supersedes every version that is shown here, even one that changes nothing: so the choice stands everywhere. */
export async function settle(
  { notes, writer }: Hand,
  id: string,
  choice: Pick<Choice, 'deleted' | 'values'> & Partial<Choice>,
): Promise<undefined> {
  const doc = await notes.findOne(id).exec();
  if (choice.deleted) {
    await doc?.incrementalRemove();
  } else if (doc === null) {
    const latest = choice.versions?.findLast(({ deleted }) => !deleted);
    if (latest !== undefined) await notes.incrementalUpsert({ ...latest.document, by: writer });
  } else {
    await doc.incrementalPatch({ ...choice.values, by: writer });
  }
}

function askedFields(fields: readonly string[]): readonly (keyof Note)[] {
  return ASKED_FIELDS.filter((field) => fields.includes(field));
}

function pick(note: Note, fields: readonly (keyof Note)[]): Partial<Note> {
  return Object.fromEntries(fields.map((field) => [field, note[field]]));
}
