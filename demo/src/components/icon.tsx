import type { JSX } from 'preact';

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7L12 17',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  note: 'M5 7h14M5 12h14M5 17h8',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12',
  close: 'M6 6l12 12M18 6L6 18',
  fork: 'M12 20v-6M12 14L6 8V4M12 14l6-6V4M3.5 6.5L6 4l2.5 2.5M15.5 6.5L18 4l2.5 2.5',
} as const;

/** A drawing beside or instead of words; the words are the control's, so the drawing is silent. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
