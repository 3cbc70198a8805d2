import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { PasswordForm } from '../components/password-form.tsx';
import { useOpenSession } from '../device/session-context.ts';
import { HOME } from '../route.ts';
import { TITLE_CHARACTERS } from '../schemas.ts';

export function SettingsView(): JSX.Element {
  const session = useOpenSession();
  const [name, setName] = useState(session.device.name);
  useEffect(() => {
    document.title = 'Settings · Boards';
  }, []);
  const rename = (): void => {
    const next = name.trim();
    if (next !== '' && next !== session.device.name) session.rename(next).catch(reportError);
  };
  return (
    <main class="page narrow">
      <header class="top">
        <a class="icon-button" href={HOME} aria-label="Back to my boards">
          <Icon name="back" />
        </a>
        <h1>Settings</h1>
      </header>
      <form
        class="card form"
        onSubmit={(event) => {
          event.preventDefault();
          rename();
        }}
      >
        <h2>
          <label for="device-name">What others call this device</label>
        </h2>
        <input
          id="device-name"
          class="field"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          onBlur={rename}
          maxLength={TITLE_CHARACTERS}
          autocomplete="off"
        />
      </form>
      <PasswordForm db={session.db} />
    </main>
  );
}
