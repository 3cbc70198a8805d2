import { takeArrival } from './arrival.ts';

/** Shows an invitation; before the page is there, it is kept until it is. */
let show = (text: string): void => {
  waiting = text;
};
let waiting = takeArrival();

// An invitation that is opened in a tab which has the page already.
addEventListener('hashchange', () => {
  const text = takeArrival();
  if (text !== undefined) show(text);
});

const { start } = await import('./start.tsx');
show = start(waiting);
