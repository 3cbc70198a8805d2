import type { JSX } from 'preact';
import type { ContestedDocument, P2PPool } from 'rxdb-p2p';
import { quote } from '../actions.ts';
import type { Choice } from '../conflict-choices.ts';
import type { Item } from '../database.ts';
import { when, writerOf } from '../phrases.ts';
import { useChoices } from '../use-conflicts.ts';
import { Icon } from './icon.tsx';

interface Props {
  readonly pool: P2PPool<Item>;
  readonly contested: ContestedDocument;
  /** What the list shows now; undefined where that is nothing. */
  readonly item: Item | undefined;
  onSettle(id: string, choice: Choice): void;
}

export function ConflictCard({ pool, contested, item, onSettle }: Props): JSX.Element | null {
  const choices = useChoices(pool, contested);
  if (choices.length === 0) return null;
  const name = quote(item?.text ?? choices[0]?.versions[0]?.document.text ?? contested.id);
  return (
    <li class="conflict" id={`conflict-${contested.id}`}>
      <h2>
        <Icon name="fork" />
        <span>
          {name} was{' '}
          {contested.editAgainstDelete ? 'deleted on one device and changed on another' : 'changed in two places'}
        </span>
      </h2>
      <ul class="choices">
        {choices.map((choice) => (
          <li key={choice.key} class="choice">
            <p class="fine who">
              {choice.versions.map((version) => (
                <span key={`${version.actor} ${version.seq}`}>
                  <b class="id">{writerOf(version)}</b>
                  <time dateTime={new Date(version.time).toISOString()}>{when(version.time)}</time>
                </span>
              ))}
            </p>
            <ChoiceBody choice={choice} item={item} />
            <div class="choice-end">
              <button
                type="button"
                aria-label={`${verb(choice)}, version of ${choice.versions.map(writerOf).join(' and ')}`}
                onClick={() => onSettle(contested.id, choice)}
              >
                {verb(choice)}
              </button>
              {isShown(choice, item) && <span class="fine">shown now</span>}
            </div>
          </li>
        ))}
      </ul>
    </li>
  );
}

function ChoiceBody({ choice, item }: { readonly choice: Choice; readonly item: Item | undefined }): JSX.Element {
  if (choice.deleted) return <p class="choice-value gone">Deleted</p>;
  const { text, done, note } = choice.values;
  const document = choice.versions.at(-1)?.document;
  const bare = text === undefined && done === undefined && note === undefined;
  return (
    <>
      {(text !== undefined || bare) && <p class="choice-value">{text ?? item?.text ?? document?.text}</p>}
      {done !== undefined && <p class="choice-value">{done ? 'Done' : 'Not done'}</p>}
      {note !== undefined && <p class="choice-value note">{note === '' ? 'No note' : note}</p>}
    </>
  );
}

function verb(choice: Choice): string {
  return choice.deleted ? 'Delete it' : 'Keep this';
}

function isShown(choice: Choice, item: Item | undefined): boolean {
  if (choice.deleted || item === undefined) return choice.deleted && item === undefined;
  return Object.entries(choice.values).every(([field, value]) => item[field as keyof Item] === value);
}
