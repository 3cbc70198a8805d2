import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { focusAtOnce } from '../focus.ts';
import { problemOf } from '../pool/advice.ts';

interface Props {
  readonly invited: boolean;
  onUnlock(password: string): Promise<void>;
}

export function UnlockView({ invited, onUnlock }: Props): JSX.Element {
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string>();
  useEffect(() => {
    document.title = 'Boards';
  }, []);

  const unlock = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setWrong(undefined);
    try {
      await onUnlock(password);
    } catch (error) {
      const { code, message } = problemOf(error);
      setWrong(code === 'WRONG_PASSWORD' || code === 'PASSWORD_INVALID' ? 'That is not the password.' : message);
      setBusy(false);
    }
  };
  return (
    <main class="page narrow start">
      <img class="logo" src="./icon.svg" alt="" width="56" height="56" />
      <h1>Welcome back</h1>
      <p class="lead">
        {invited
          ? 'Type this device’s password first, then you can answer the invitation.'
          : 'Your boards on this device are encrypted.'}
      </p>
      <form class="card form" onSubmit={unlock}>
        <label for="password">Password of this device</label>
        <div class="field-row">
          <input
            id="password"
            type="password"
            autocomplete="current-password"
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
            aria-describedby="wrong"
            aria-invalid={wrong !== undefined}
            ref={focusAtOnce}
            required
          />
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Opening…' : 'Open'}
          </button>
        </div>
        <p id="wrong" class="wrong" role="alert">
          {wrong}
        </p>
      </form>
      <details class="fine">
        <summary>Forgotten it?</summary>
        <p>
          Nobody can open this copy without it. If another device has your boards, erase this site’s data in the
          browser’s settings and join again from there.
        </p>
      </details>
    </main>
  );
}
