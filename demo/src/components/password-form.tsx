import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DeviceDatabase } from '../database.ts';
import { changePassword } from '../device/key.ts';
import { hasPassword } from '../device/key-store.ts';
import { problemOf } from '../pool/advice.ts';
import { track } from '../writes.ts';
import { Icon } from './icon.tsx';

/** What rxdb-p2p-encryption asks for, characters. */
const MIN_CHARACTERS = 8;

type State = 'ready' | 'changing' | 'encrypting' | 'done';

const SAID: Readonly<Record<State, string>> = {
  ready: '',
  changing: 'One moment…',
  encrypting: 'Done. What is here is being encrypted again; you can go on.',
  done: 'Done.',
};

export function PasswordForm({ db }: { readonly db: DeviceDatabase }): JSX.Element {
  const [has, setHas] = useState(false);
  useEffect(() => {
    hasPassword().then(setHas, reportError);
  }, []);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [state, setState] = useState<State>('ready');
  const [wrong, setWrong] = useState<string>();

  const change = async (to: string | undefined): Promise<void> => {
    setState('changing');
    setWrong(undefined);
    try {
      const { again } = await track(changePassword(db, has ? current : undefined, to));
      setHas(to !== undefined);
      setCurrent('');
      setNext('');
      setState('encrypting');
      await again;
      setState('done');
    } catch (error) {
      const { code, message } = problemOf(error);
      setWrong(code === 'WRONG_PASSWORD' ? 'The present password is another one.' : message);
      setState('ready');
    }
  };
  return (
    <form
      class="card form"
      onSubmit={(event) => {
        event.preventDefault();
        change(next).catch(reportError);
      }}
    >
      <h2>
        <Icon name="lock" /> Password of this device
      </h2>
      <p class="fine">
        {has
          ? 'Your boards on this device are encrypted under your password. Nobody can open them without it, and nobody can tell you what it is.'
          : 'Your boards are encrypted here, but the key lies beside them: whoever uses this browser can read them. With a password only you can. Nobody can recover it.'}
      </p>
      {has && (
        <>
          <label for="current-password">Present password</label>
          <input
            id="current-password"
            class="field"
            type="password"
            autocomplete="current-password"
            value={current}
            onInput={(event) => setCurrent(event.currentTarget.value)}
            required
          />
        </>
      )}
      <label for="new-password">
        {has ? 'New password' : 'Password'}, at least {MIN_CHARACTERS} characters
      </label>
      <input
        id="new-password"
        class="field"
        type="password"
        autocomplete="new-password"
        minLength={MIN_CHARACTERS}
        value={next}
        onInput={(event) => setNext(event.currentTarget.value)}
        required
      />
      <div class="buttons">
        <button type="submit" class="primary" disabled={state === 'changing'}>
          {has ? 'Change password' : 'Set password'}
        </button>
        {has && (
          <button type="button" disabled={state === 'changing' || current === ''} onClick={() => change(undefined)}>
            Remove password
          </button>
        )}
      </div>
      <p class="fine" role="status">
        {SAID[state]}
      </p>
      <p class="wrong" role="alert">
        {wrong}
      </p>
    </form>
  );
}
