import { render } from 'preact';
import { UpdateBar } from './components/update-bar.tsx';
import { watchUpdates } from './update.ts';
import { App } from './views/app.tsx';
import './style/style.css';

/**
 * @param invitation what the page was opened with
 * @returns shows another one
 */
export function start(invitation: string | undefined): (invitation: string) => void {
  const root = document.getElementById('app');
  if (root === null) throw new Error('index.html has no element #app');
  const updates = watchUpdates();
  const show = (text: string | undefined): void =>
    // An object, since the same link may be opened again after somebody has said "not now".
    render(
      <>
        <App arrival={text === undefined ? undefined : { text }} />
        <UpdateBar updates={updates} />
      </>,
      root,
    );
  show(invitation);
  return show;
}
