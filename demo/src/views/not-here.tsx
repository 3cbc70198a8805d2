import type { JSX } from 'preact';
import { HOME } from '../route.ts';

export function NotHere(): JSX.Element {
  return (
    <main class="page narrow">
      <h1>This board is not open here</h1>
      <p>It was put away or removed on this device.</p>
      <a class="button" href={HOME}>
        To my boards
      </a>
    </main>
  );
}
