import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { LIST_NAME_CHARACTERS, listHash, listName, listTitle, recentLists } from '../route.ts';
import { Icon } from './icon.tsx';

export function StartPage(): JSX.Element {
  const [typed, setTyped] = useState('');
  const [recent] = useState(recentLists);
  useEffect(() => {
    document.title = 'Shared lists';
  }, []);

  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const name = listName(typed);
    if (name !== '') location.hash = listHash(name);
  };

  return (
    <main class="page narrow start">
      <img class="logo" src="./icon.svg" alt="" width="56" height="56" />
      <h1>Shared lists</h1>
      <p class="lead">
        For two people or ten. Every device keeps the whole list and passes changes straight to the others.
      </p>

      <form class="open card" onSubmit={open}>
        <label for="list-name">Open or start a list</label>
        <div class="field-row">
          <input
            id="list-name"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            maxLength={LIST_NAME_CHARACTERS}
            placeholder="groceries-blue-tram"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-describedby="list-name-hint"
            required
          />
          <button type="submit" class="primary">
            Open
          </button>
        </div>
        <p id="list-name-hint" class="fine">
          Whoever knows the name can read and change the list, so add a word or two that nobody would guess.
        </p>
      </form>

      {recent.length > 0 && (
        <nav class="recent" aria-label="Lists on this device">
          <h2>On this device</h2>
          <ul>
            {recent.map((name) => (
              <li key={name}>
                <a href={listHash(name)}>
                  {listTitle(name)}
                  <Icon name="back" />
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}

      <ul class="facts fine">
        <li>Works without a network. Changes wait and are sent when you meet again.</li>
        <li>A small server introduces devices to each other. It never sees an item.</li>
        <li>If two people change the same thing at once, both versions are kept until one of you decides.</li>
      </ul>
    </main>
  );
}
