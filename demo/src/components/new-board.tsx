import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { invitationIn } from '../boards/invitation.ts';
import { TEMPLATES } from '../boards/templates.ts';
import { useOpenSession } from '../device/session-context.ts';
import { type Problem, problemOf } from '../pool/advice.ts';
import { boardHash } from '../route.ts';
import { TITLE_CHARACTERS } from '../schemas.ts';

interface Props {
  readonly first: boolean;
  onProblem(problem: Problem | undefined): void;
}

export function NewBoard({ first, onProblem }: Props): JSX.Element {
  const session = useOpenSession();
  const [title, setTitle] = useState('');
  const [template, setTemplate] = useState(TEMPLATES[0]);
  const [link, setLink] = useState('');
  const [unreadable, setUnreadable] = useState(false);

  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      const { createBoard } = await import('../boards/create-board.ts');
      location.hash = boardHash(await createBoard(session, title, template));
    } catch (error) {
      onProblem(problemOf(error));
    }
  };
  const join = (event: SubmitEvent): void => {
    event.preventDefault();
    const invitation = invitationIn(link);
    setUnreadable(invitation === undefined);
    // The page takes it from the address, as it does a link that is opened.
    if (invitation !== undefined) location.hash = `join?${invitation}`;
  };
  return (
    <>
      <form class="card form" onSubmit={create}>
        <label for="board-title">{first ? 'Start your first board' : 'Start another board'}</label>
        <div class="field-row">
          <input
            id="board-title"
            value={title}
            onInput={(event) => setTitle(event.currentTarget.value)}
            maxLength={TITLE_CHARACTERS}
            placeholder="Home"
            autocomplete="off"
            required
          />
          <button type="submit" class="primary">
            Start
          </button>
        </div>
        <fieldset class="chips">
          <legend class="aloud">Begin with</legend>
          {TEMPLATES.map((choice) => (
            <label key={choice.name} class="chip">
              <input type="radio" name="template" checked={choice === template} onChange={() => setTemplate(choice)} />
              {choice.name}
            </label>
          ))}
        </fieldset>
      </form>
      <details class="card form join-here">
        <summary>Join a board of somebody else</summary>
        <p class="fine">
          Point this device’s camera at the code on the other device, or open the link that you were sent. You can paste
          it here, too.
        </p>
        <form onSubmit={join}>
          <div class="field-row">
            <input
              value={link}
              onInput={(event) => setLink(event.currentTarget.value)}
              placeholder="https://…"
              aria-label="Link of the invitation"
              aria-invalid={unreadable}
              autocomplete="off"
              spellcheck={false}
              required
            />
            <button type="submit">Join</button>
          </div>
          <p class="wrong" role="alert">
            {unreadable && 'That is not an invitation. Copy the whole link.'}
          </p>
        </form>
      </details>
    </>
  );
}
