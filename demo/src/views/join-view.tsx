import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Refusal, readInvitation } from '../boards/invitation.ts';
import { ProblemNote } from '../components/problem-note.tsx';
import { useOpenSession } from '../device/session-context.ts';
import { type Problem, problemOf } from '../pool/advice.ts';
import { boardHash, HOME } from '../route.ts';
import { TITLE_CHARACTERS } from '../schemas.ts';

interface Props {
  readonly arrival: string;
  /** The person has answered. */
  onDone(): void;
}

export function JoinView({ arrival, onDone }: Props): JSX.Element {
  const session = useOpenSession();
  const invitation = useMemo(() => readInvitation(arrival, session.deployment, location.origin), [arrival]);
  const [name, setName] = useState(session.device.name);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    document.title = 'Invitation · Boards';
  }, []);
  const leave = (hash: string): void => {
    onDone();
    location.hash = hash;
  };
  if ('reason' in invitation) return <Refused refusal={invitation} onLeave={() => leave(HOME)} />;

  const join = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      if (name.trim() !== '') await session.rename(name.trim());
      leave(boardHash(await session.boards.add(invitation)));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <main class="page narrow start">
      <img class="logo" src="./icon.svg" alt="" width="56" height="56" />
      <h1>Join “{invitation.title}”?</h1>
      <p class="lead">
        This device will hold all notes of the board, and whatever you change on it goes to the others. Join only what
        somebody you know has sent you.
      </p>
      <form class="card form" onSubmit={join}>
        <label for="device-name">What others call this device</label>
        <input
          id="device-name"
          class="field"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          maxLength={TITLE_CHARACTERS}
          autocomplete="off"
        />
        <div class="buttons">
          <button type="submit" class="primary">
            Join
          </button>
          <button type="button" onClick={() => leave(HOME)}>
            Not now
          </button>
        </div>
      </form>
      {problem !== undefined && <ProblemNote problem={problem} />}
    </main>
  );
}

function Refused({ refusal, onLeave }: { readonly refusal: Refusal; onLeave(): void }): JSX.Element {
  return (
    <main class="page narrow start">
      <h1>This invitation cannot be used</h1>
      <p class="lead" data-reason={refusal.reason}>
        {refusal.reason === 'unreadable' && 'The link is not complete. Ask for it again, and copy all of it.'}
        {refusal.reason === 'newer' &&
          'It was made by a newer version of this page. Reload the page, then open the link again.'}
        {refusal.reason === 'unknown-server' &&
          `It names a server that this page does not know (${refusal.server}). Nothing was sent there.`}
      </p>
      <button type="button" class="primary" onClick={onLeave}>
        To my boards
      </button>
    </main>
  );
}
