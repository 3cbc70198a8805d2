import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { quote } from '../notes/actions.ts';
import { holdDraft } from '../writes.ts';

interface Props {
  readonly label: string;
  readonly value: string;
  readonly maxLength: number;
  readonly class: string;
  readonly placeholder?: string;
  readonly multiline?: boolean;
  readonly required?: boolean;
  readonly autoFocus?: boolean;
  onCommit(value: string): void;
  onLeave?(): void;
}

/** What is being typed, and the value it was begun on. */
interface Draft {
  readonly text: string;
  readonly base: string;
}

/** Text that is edited where it stands: Enter or leaving it keeps the change, Escape drops it. */
export function GrowingField(props: Props): JSX.Element {
  const { value, multiline = false } = props;
  const [draft, setDraft] = useState<Draft>();
  const field = useRef<HTMLTextAreaElement>(null);
  const abandoned = useRef(false);
  const shown = draft?.text ?? value;
  const overtaken = draft !== undefined && draft.base !== value;

  useLayoutEffect(() => {
    if (props.autoFocus === true) field.current?.focus();
  }, []);

  const commit = (): void => {
    const text = draft?.text.trim();
    if (text !== undefined && text !== value && !(props.required === true && text === '')) props.onCommit(text);
    setDraft(undefined);
  };
  useEffect(() => {
    if (draft === undefined) return;
    // A phone may end a page that nobody looks at.
    const onHidden = (): void => {
      if (document.hidden) commit();
    };
    document.addEventListener('visibilitychange', onHidden);
    const release = holdDraft(commit);
    return () => {
      document.removeEventListener('visibilitychange', onHidden);
      release();
    };
  });
  const leave = (): void => {
    if (abandoned.current) setDraft(undefined);
    else commit();
    abandoned.current = false;
    props.onLeave?.();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const done = event.key === 'Enter' && !(multiline && event.shiftKey);
    if (!done && event.key !== 'Escape') return;
    event.preventDefault();
    abandoned.current = event.key === 'Escape';
    field.current?.blur();
  };

  return (
    <div class={`growing ${props.class}`}>
      <div class="growing-text" data-text={shown || props.placeholder}>
        <textarea
          ref={field}
          rows={1}
          value={shown}
          maxLength={props.maxLength}
          placeholder={props.placeholder ?? ''}
          aria-label={props.label}
          spellcheck={draft !== undefined}
          onInput={(event) => setDraft({ text: event.currentTarget.value, base: draft?.base ?? value })}
          onKeyDown={onKeyDown}
          onBlur={leave}
        />
      </div>
      {overtaken && (
        <p class="fine overtaken" role="status">
          Meanwhile changed to {value === '' ? 'nothing' : quote(value)} on another device. Enter keeps yours, Escape
          takes theirs.
        </p>
      )}
    </div>
  );
}
