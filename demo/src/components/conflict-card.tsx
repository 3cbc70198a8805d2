import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ContestedDocument, P2PPool } from 'rxdb-p2p';
import { quote } from '../notes/actions.ts';
import type { Arranged } from '../notes/arrange.ts';
import { type Choice, joined } from '../pool/conflict-choices.ts';
import { when, writerOf } from '../pool/phrases.ts';
import { useChoices } from '../pool/use-conflicts.ts';
import { DETAIL_CHARACTERS, type Note, TEXT_CHARACTERS } from '../schemas.ts';
import { Icon } from './icon.tsx';

export type Settlement = Pick<Choice, 'deleted' | 'values'> & Partial<Choice>;

interface Props {
  readonly pool: P2PPool<Note>;
  readonly contested: ContestedDocument;
  readonly arranged: Arranged;
  onSettle(id: string, choice: Settlement): void;
}

export function ConflictCard({ pool, contested, arranged, onSettle }: Props): JSX.Element | null {
  const choices = useChoices(pool, contested);
  const [merging, setMerging] = useState<Partial<Note>>();
  if (choices.length === 0) return null;
  const note = arranged.byId.get(contested.id);
  const name = quote(note?.text ?? choices[0]?.versions[0]?.document.text ?? 'A note');
  const both = joined(choices);
  const who = (choice: Choice): string =>
    [...new Set(choice.versions.map((version) => writerOf(version, arranged.writers)))].join(' and ');
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
              <b>{who(choice)}</b>
              <time dateTime={new Date(lastOf(choice)).toISOString()}>{when(lastOf(choice))}</time>
            </p>
            <ChoiceBody choice={choice} note={note} lists={arranged.byId} />
            <div class="choice-end">
              <button
                type="button"
                aria-label={`${verb(choice)}, version of ${who(choice)}`}
                onClick={() => onSettle(contested.id, choice)}
              >
                {verb(choice)}
              </button>
              {isShown(choice, note) && <span class="fine">shown now</span>}
            </div>
          </li>
        ))}
      </ul>
      {both !== undefined && merging === undefined && (
        <button type="button" class="quiet" onClick={() => setMerging(both)}>
          Join both…
        </button>
      )}
      {merging !== undefined && (
        <Merge
          merging={merging}
          onChange={setMerging}
          onKeep={(values) => onSettle(contested.id, { deleted: false, values })}
        />
      )}
    </li>
  );
}

interface MergeProps {
  readonly merging: Partial<Note>;
  onChange(values: Partial<Note>): void;
  onKeep(values: Partial<Note>): void;
}

function Merge({ merging, onChange, onKeep }: MergeProps): JSX.Element {
  const keep = (event: SubmitEvent): void => {
    event.preventDefault();
    onKeep(merging);
  };
  return (
    <form class="merge" onSubmit={keep}>
      {merging.text !== undefined && (
        <input
          class="field"
          aria-label="Text of both"
          value={merging.text}
          maxLength={TEXT_CHARACTERS}
          required
          onInput={(event) => onChange({ ...merging, text: event.currentTarget.value })}
        />
      )}
      {merging.detail !== undefined && (
        <textarea
          class="field"
          aria-label="More about it, of both"
          value={merging.detail}
          maxLength={DETAIL_CHARACTERS}
          rows={4}
          onInput={(event) => onChange({ ...merging, detail: event.currentTarget.value })}
        />
      )}
      <button type="submit" class="primary">
        Keep this text
      </button>
    </form>
  );
}

interface BodyProps {
  readonly choice: Choice;
  readonly note: Note | undefined;
  readonly lists: ReadonlyMap<string, Note>;
}

function ChoiceBody({ choice, note, lists }: BodyProps): JSX.Element {
  if (choice.deleted) return <p class="choice-value gone">Deleted</p>;
  const { text, done, detail, parent } = choice.values;
  const document = choice.versions.at(-1)?.document;
  const bare = Object.keys(choice.values).length === 0;
  return (
    <>
      {(text !== undefined || bare) && <p class="choice-value">{text ?? document?.text ?? note?.text}</p>}
      {done !== undefined && <p class="choice-value">{done ? 'Done' : 'Not done'}</p>}
      {parent !== undefined && <p class="choice-value">On the list {lists.get(parent)?.text ?? 'that is gone'}</p>}
      {detail !== undefined && <p class="choice-value detail">{detail === '' ? 'Nothing more' : detail}</p>}
    </>
  );
}

function lastOf({ versions }: Choice): number {
  return Math.max(...versions.map(({ time }) => time));
}

function verb(choice: Choice): string {
  return choice.deleted ? 'Delete it' : 'Keep this';
}

function isShown(choice: Choice, note: Note | undefined): boolean {
  if (choice.deleted || note === undefined) return choice.deleted && note === undefined;
  return Object.entries(choice.values).every(([field, value]) => note[field as keyof Note] === value);
}
